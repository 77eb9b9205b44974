// What a refund comes to is reckoned by the server while one types.
const form = document.getElementById("refund");
const preview = document.getElementById("preview");
let timer = 0;
let latest = 0;

async function show() {
    const turn = ++latest;
    const entered = new FormData(form);
    preview.setAttribute("aria-busy", "true");
    try {
        const answer = await fetch(form.dataset.preview, { method: "POST", body: entered });
        const text = await answer.text();
        if (turn === latest && answer.ok) preview.innerHTML = text;
    } catch {
        if (turn === latest) preview.textContent = "Storekeep can’t be reached just now.";
    }
    if (turn === latest) preview.removeAttribute("aria-busy");
}

function soon() {
    clearTimeout(timer);
    timer = setTimeout(show, 250);
}

function units(field, number) {
    field.value = Math.min(number, Number(field.max));
    soon();
}

form.addEventListener("input", soon);
form.addEventListener("click", (event) => {
    const one = event.target.closest("[data-one]");
    if (one) {
        const field = one.parentElement.querySelector("input");
        units(field, Number(field.value || 0) + 1);
    }
    if (event.target.closest("[data-all]")) {
        for (const field of form.querySelectorAll(".sk-units")) units(field, Number(field.max));
        const shipping = form.querySelector("[data-most]");
        if (Number(shipping.dataset.most)) shipping.value = shipping.dataset.most.replace(/0+$/, "").replace(/\.$/, "");
    }
});
const amounts = form.querySelectorAll(".sk-units, [name=shipping], [name=goodwill]");
if ([...amounts].some((field) => field.value)) soon();
