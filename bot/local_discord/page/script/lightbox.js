// One picture in full, with its neighbours of the same message beside it.

import { h } from "./dom.js";
import { icon, iconButton } from "./icons.js";
import * as phrase from "./phrases.js";
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
  const large = h("img", { src: original, alt: image.alt, className: isMinute ? "minute" : "", title: phrase.realSize, dataset: { testid: "lightbox-picture" } });
  large.addEventListener("click", () => box.classList.toggle("actual"));
  const several = all.length > 1;
  return [
    h("div", { className: "stage" }, large),
    h("p", { className: "caption" }, h("span", { className: "words" }, image.alt), h("span", {}, `${width.value} × ${height.value}`), several ? h("span", { dataset: { testid: "lightbox-place" } }, phrase.placeOf(at + 1, all.length)) : null),
    h(
      "div",
      { className: "bar" },
      h("a", { className: "icon-button", href: original, target: "_blank", rel: "noopener", "aria-label": phrase.openOriginal, title: phrase.openOriginal, dataset: { testid: "lightbox-open" } }, icon("open")),
      h("a", { className: "icon-button", href: original, download: name, "aria-label": phrase.download, title: phrase.download, dataset: { testid: "lightbox-download" } }, icon("download")),
      iconButton("close", phrase.close, { onclick: () => box.close(), dataset: { testid: "lightbox-close" } }),
    ),
    several ? iconButton("left", phrase.previousPicture, { className: "icon-button back", onclick: () => show(-1) }) : "",
    several ? iconButton("right", phrase.nextPicture, { className: "icon-button forth", onclick: () => show(1) }) : "",
    several ? strip(all, at, show) : "",
  ];
}

function strip(all, at, show) {
  return h("div", { className: "strip" }, all.map((image, index) =>
    h("button", { type: "button", "aria-label": phrase.pictureNumber(index + 1), "aria-current": String(index === at), onclick: () => show(index - at) }, h("img", { src: image.dataset.original, alt: "" })),
  ));
}
