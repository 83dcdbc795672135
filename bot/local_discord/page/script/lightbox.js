// One picture in full, with its neighbours of the same message beside it.

import { h } from "./dom.js";
import { icon, iconButton } from "./icons.js";
import { MINUTE } from "./pictures.js";

const box = document.getElementById("lightbox");

export function enlarge(button) {
  const all = [...button.closest(".message").querySelectorAll(".picture:not(.covered:not(.shown)) img")];
  let at = all.indexOf(button.querySelector("img"));
  const show = (step) => {
    at = (at + step + all.length) % all.length;
    box.classList.remove("actual");
    box.replaceChildren(...inFull(all[at], at, all, show));
  };
  box.onkeydown = (event) => {
    if (event.key === "ArrowLeft") show(-1);
    if (event.key === "ArrowRight") show(1);
    if (event.key === "Home") show(-at);
    if (event.key === "End") show(all.length - 1 - at);
  };
  box.onclick = (event) => {
    if (event.target.closest("img, a, button, .caption") === null) box.close();
  };
  box.onclose = () => button.focus();
  show(0);
  box.showModal();
}

function inFull(image, at, all, show) {
  const { width, height } = image.attributes;
  const isMinute = width.value <= MINUTE && height.value <= MINUTE;
  const { original, name } = image.dataset;
  const large = h("img", { src: original, alt: image.alt, className: isMinute ? "minute" : "", title: "Real size, or all of it", dataset: { testid: "lightbox-picture" } });
  large.addEventListener("click", () => box.classList.toggle("actual"));
  const several = all.length > 1;
  return [
    h("div", { className: "stage" }, large),
    h("p", { className: "caption" }, h("span", { className: "words" }, image.alt), h("span", {}, `${width.value} × ${height.value}`), several ? h("span", { dataset: { testid: "lightbox-place" } }, `${at + 1} of ${all.length}`) : null),
    h(
      "div",
      { className: "bar" },
      h("a", { className: "icon-button", href: original, target: "_blank", rel: "noopener", "aria-label": "Open the original", title: "Open the original", dataset: { testid: "lightbox-open" } }, icon("open")),
      h("a", { className: "icon-button", href: original, download: name, "aria-label": "Download", title: "Download", dataset: { testid: "lightbox-download" } }, icon("download")),
      iconButton("close", "Close", { onclick: () => box.close(), dataset: { testid: "lightbox-close" } }),
    ),
    several ? iconButton("left", "Previous picture", { className: "icon-button back", onclick: () => show(-1) }) : "",
    several ? iconButton("right", "Next picture", { className: "icon-button forth", onclick: () => show(1) }) : "",
    several ? strip(all, at, show) : "",
  ];
}

function strip(all, at, show) {
  return h("div", { className: "strip" }, all.map((image, index) =>
    h("button", { type: "button", "aria-label": `Picture ${index + 1}`, "aria-current": String(index === at), onclick: () => show(index - at) }, h("img", { src: image.dataset.original, alt: "" })),
  ));
}
