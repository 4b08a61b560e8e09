// Has the control plane make a record, and opens it.

const form = document.getElementById("simulate");
const progress = document.getElementById("progress");
const trouble = document.getElementById("trouble");
form.hidden = false;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { user, profile, duration, seed } = Object.fromEntries(new FormData(form));
  const asked = { user, profile, seed: Number(seed), ...(duration && { duration }) };
  const button = form.querySelector("button");
  button.disabled = true;
  progress.hidden = false;
  trouble.textContent = "";
  try {
    const answer = await fetch(form.dataset.url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-HexoStore-Control": "1" },
      body: JSON.stringify(asked),
    });
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.error);
    location.href = `${form.dataset.record}${found.id}/`;
  } catch (error) {
    trouble.textContent = error.message;
    button.disabled = false;
    progress.hidden = true;
  }
});
