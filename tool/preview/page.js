// Fold descriptions after five lines, as SpaceONE's console does, and an event where it cannot stand beside its alert; try a
// condition with Enter. Without it, all is unfolded.
"use strict";
document.documentElement.classList.add("folds");

for (const button of document.querySelectorAll("button.unfold")) {
  const text = document.getElementById(button.getAttribute("aria-controls"));
  const measure = () => {
    if (button.getAttribute("aria-expanded") === "false") button.hidden = text.scrollHeight <= text.clientHeight + 1;
  };
  button.addEventListener("click", () => {
    const isOpen = button.getAttribute("aria-expanded") === "false";
    button.setAttribute("aria-expanded", String(isOpen));
    button.textContent = isOpen ? button.dataset.less : button.dataset.more;
    text.classList.toggle("open", isOpen);
  });
  addEventListener("resize", measure);
  measure();
}

if (matchMedia("(max-width: 79.99rem)").matches) {
  for (const raw of document.querySelectorAll("details.raw")) raw.open = false;
}

const attempt = document.querySelector(".condition button");
for (const field of document.querySelectorAll(".condition input")) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    attempt.click();
  });
}
