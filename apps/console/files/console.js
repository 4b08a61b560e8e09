"use strict";
// Buttons that copy: <button data-copy="ID OF AN ELEMENT">. Without scripts they are hidden.
document.documentElement.classList.add("scripts");
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  const label = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
});
