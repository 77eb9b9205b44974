// Another country has another form: its fields come from the server, with what is entered so far.
const form = document.getElementById("address");
const fields = document.getElementById("fields");
const country = form.querySelector("[name=country]");

country.addEventListener("change", async () => {
    fields.setAttribute("aria-busy", "true");
    try {
        const answer = await fetch(form.dataset.fields, { method: "POST", body: new FormData(form) });
        if (answer.ok && !answer.redirected) fields.innerHTML = await answer.text();
    } finally {
        fields.removeAttribute("aria-busy");
    }
});
