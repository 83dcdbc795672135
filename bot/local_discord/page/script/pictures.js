// Pictures in a message, and one of them in full.

import { h, icon, iconButton } from "./dom.js";

const MINUTE = 256; // pixels; smaller pictures are shown larger than they are

export const isPicture = (file) => Boolean(file.width && file.content_type?.startsWith("image/"));

// URLs name the server as the bot reaches it; the page knows it by its own address.
export function here(url) {
  const parsed = new URL(url, location.href);
  return parsed.pathname.startsWith("/cdn/") ? parsed.pathname + parsed.search : url;
}

export function gallery(files, author) {
  const shape = files.length === 1 ? "one" : files.length % 3 === 0 || files.length > 4 ? "thirds" : "many";
  const rest = files.length % 3;
  return h(
    "div",
    { className: `gallery ${shape}`, dataset: { key: "gallery", testid: "gallery" } },
    files.map((file, index) => {
      const isWide = shape === "many" && files.length === 3 && index === 0;
      const isHalf = shape === "thirds" && index >= files.length - (rest === 1 ? 4 : rest);
      return picture(file, `${isWide ? "wide" : ""} ${isHalf && rest ? "half" : ""}`, describe(file, index, files.length, author), index);
    }),
  );
}

export function picture(file, extra, alt, index = 0) {
  const minute = file.width <= MINUTE && file.height <= MINUTE ? "minute" : "";
  return h(
    "button",
    {
      type: "button",
      className: `picture ${minute} ${extra ?? ""} ${file.spoiler ? "covered" : ""}`.replace(/\s+/g, " ").trim(),
      "aria-label": `Open in full: ${alt}`,
      dataset: { key: `picture:${index}`, action: "enlarge", testid: "picture" },
    },
    h("img", { src: here(file.url), alt, width: String(file.width), height: String(file.height), dataset: { file: file.id }, draggable: "false" }),
  );
}

function describe(file, index, total, author) {
  if (file.description) return file.description;
  return total > 1 ? `Picture ${index + 1} of ${total} from ${author}: ${file.filename}` : `Picture from ${author}: ${file.filename}`;
}

export function fileCard(file) {
  const size = file.size > 2 ** 20 ? `${(file.size / 2 ** 20).toFixed(1)} MiB` : file.size > 1024 ? `${Math.round(file.size / 1024)} KiB` : `${file.size} bytes`;
  return h(
    "div",
    { className: "file", dataset: { key: `file:${file.id}`, testid: "file" } },
    icon("file"),
    h("span", {}, h("a", { href: here(file.url), download: file.filename }, file.filename), h("small", {}, size)),
  );
}

const box = document.getElementById("lightbox");

// Opens the picture that was pressed, with its neighbours of the same message beside it.
export function enlarge(button) {
  const all = [...button.closest(".message").querySelectorAll(".picture:not(.covered) img")];
  let at = all.indexOf(button.querySelector("img"));
  const show = (step) => {
    at = (at + step + all.length) % all.length;
    box.replaceChildren(...inFull(all[at], at, all.length, show));
  };
  box.onkeydown = (event) => {
    if (event.key === "ArrowLeft") show(-1);
    if (event.key === "ArrowRight") show(1);
  };
  box.onclick = (event) => {
    if (event.target.closest("img, a, button") === null) box.close();
  };
  box.onclose = () => button.focus();
  show(0);
  box.showModal();
}

function inFull(image, at, total, show) {
  const { naturalWidth: width, naturalHeight: height } = image;
  const minute = width <= MINUTE && height <= MINUTE ? "minute" : "";
  return [
    h("div", { className: "stage" }, h("img", { src: image.src, alt: image.alt, className: minute, dataset: { testid: "lightbox-picture" } })),
    h(
      "p",
      { className: "caption" },
      h("span", {}, `${width} × ${height}`),
      total > 1 ? h("span", {}, `${at + 1} of ${total}`) : null,
      h("a", { href: image.src, target: "_blank", rel: "noopener" }, "Open the file"),
    ),
    iconButton("close", "Close", { className: "icon-button close", onclick: () => box.close(), dataset: { testid: "lightbox-close" } }),
    total > 1 ? iconButton("left", "Previous picture", { className: "icon-button back", onclick: () => show(-1) }) : "",
    total > 1 ? iconButton("right", "Next picture", { className: "icon-button forth", onclick: () => show(1) }) : "",
  ];
}
