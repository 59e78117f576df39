const box = document.getElementById("q");
const cards = [...document.querySelectorAll("[data-key]")];
const found = document.getElementById("found");
const fold = (text) =>
  text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase().trim();
box.closest("[hidden]").hidden = false;
box.addEventListener("input", () => {
  const key = fold(box.value);
  for (const card of cards) card.hidden = !card.dataset.key.includes(key);
  found.textContent = cards.filter((card) => !card.hidden).length;
});
