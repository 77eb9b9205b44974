// The demo of virtual try-on: a photo and products are sent, then asked about until all is made.
const EVERY = 1000;
const SIDE = 1600;
const OPEN = ["created", "in_progress"];
const AWAY = "The shop can’t be reached just now. Try again in a moment.";

const form = document.getElementById("try-on");
const problem = document.getElementById("problem");
const results = document.getElementById("results");
const state = document.getElementById("state");
const pictures = document.getElementById("pictures");
const submit = form?.querySelector("[type=submit]");
let photo = null;
let token = "";
let turn = 0;

function tell(text) {
    problem.textContent = text;
    problem.hidden = !text;
    if (text) problem.focus();
}

// A phone's photo has far more pixels than are needed; what can't be read here is sent as it is.
async function smaller(file) {
    try {
        const picture = await createImageBitmap(file);
        const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
        if (scale === 1) return file;
        const canvas = document.createElement("canvas");
        canvas.width = Math.round(picture.width * scale);
        canvas.height = Math.round(picture.height * scale);
        canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
        return await new Promise((done) => canvas.toBlob((made) => done(made || file), "image/jpeg", 0.92));
    } catch {
        return file;
    }
}

function choose(field) {
    if (!field.files.length) return;
    photo = field.files[0];
    // Another photo is another session; the one before isn't needed any more.
    if (token) ask(form.dataset.session, "DELETE").catch(() => {});
    forget();
    const preview = document.getElementById("preview");
    URL.revokeObjectURL(preview.src);
    preview.src = URL.createObjectURL(photo);
    preview.hidden = false;
    document.getElementById("chosen").textContent = photo.name;
    tell("");
}

async function ask(address, method, body) {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    if (typeof body === "string") headers["Content-Type"] = "application/json";
    let answer;
    try {
        answer = await fetch(address, { method, body, headers });
    } catch {
        throw new Error(AWAY);
    }
    if (answer.status === 204) return null;
    const found = await answer.json().catch(() => ({}));
    if (answer.ok) return found;
    const error = new Error(found.message || AWAY);
    error.status = answer.status;
    throw error;
}

function missing(skus) {
    if (!photo) return "Take or choose a photo first.";
    if (!skus.length) return "Choose something to try on.";
    if (skus.length > Number(form.dataset.most)) return `Choose at most ${form.dataset.most}.`;
    return form.elements.consent.checked ? "" : "Agree to what is done with your photo first.";
}

async function send(event) {
    event.preventDefault();
    const skus = [...form.querySelectorAll("[name=skus]:checked")].map((one) => one.value);
    const lacking = missing(skus);
    if (lacking) return tell(lacking);
    tell("");
    submit.disabled = true;
    try {
        const found = token ? await more(skus) : await begin(skus);
        token = found.token || token;
        results.hidden = false;
        show(found);
        document.getElementById("looks").focus();
        follow(found, ++turn);
    } catch (error) {
        // It was erased meanwhile: the next press begins anew.
        if (token && [404, 409].includes(error.status)) forget();
        tell(error.message);
    } finally {
        submit.disabled = false;
    }
}

async function begin(skus) {
    const body = new FormData();
    body.append("selfie", await smaller(photo), "selfie.jpg");
    for (const sku of skus) body.append("skus", sku);
    body.append("consent_version", form.dataset.version);
    return ask(form.dataset.sessions, "POST", body);
}

function more(skus) {
    return ask(form.dataset.session, "POST", JSON.stringify({ skus }));
}

async function follow(found, mine) {
    while (OPEN.includes(found.status)) {
        await new Promise((done) => setTimeout(done, EVERY));
        if (mine !== turn) return;
        try {
            found = await ask(form.dataset.session, "GET");
        } catch (error) {
            if (mine !== turn) return;
            state.textContent = error.message;
            if (error.status === 404) return forget();
            continue;
        }
        if (mine === turn) show(found);
    }
}

function show(found) {
    const open = found.overlays.filter((one) => one.status === "waiting").length;
    if (found.status === "failed") state.textContent = found.message;
    else if (OPEN.includes(found.status)) state.textContent = `Working on it: ${found.overlays.length - open} of ${found.overlays.length} done.`;
    else state.textContent = "Done.";
    for (const overlay of found.overlays) place(overlay);
}

// Each picture is put in once: its address is another one in every answer.
function place(overlay) {
    let item = [...pictures.children].find((one) => one.dataset.sku === overlay.sku);
    if (item?.dataset.status === overlay.status) return;
    if (!item) {
        item = document.createElement("li");
        item.dataset.sku = overlay.sku;
        pictures.append(item);
    }
    item.dataset.status = overlay.status;
    const title = titleOf(overlay.sku);
    const name = document.createElement("div");
    name.textContent = title;
    const body = document.createElement(overlay.picture ? "img" : "p");
    if (overlay.picture) {
        body.src = overlay.picture;
        body.alt = `You with: ${title}`;
    } else {
        body.textContent = overlay.message || "Wait a moment …";
        body.className = overlay.message ? "problem" : "waiting";
    }
    item.replaceChildren(body, name);
}

function titleOf(sku) {
    const field = [...form.querySelectorAll("[name=skus]")].find((one) => one.value === sku);
    return field ? field.dataset.title : sku;
}

function forget() {
    turn += 1;
    token = "";
    pictures.replaceChildren();
    results.hidden = true;
}

async function erase() {
    try {
        await ask(form.dataset.session, "DELETE");
    } catch (error) {
        if (error.status !== 404) return tell(error.message);
    }
    forget();
    photo = null;
    form.reset();
    document.getElementById("preview").hidden = true;
    document.getElementById("chosen").textContent = "Your photo and its pictures are erased.";
}

if (form) {
    for (const field of form.querySelectorAll("[type=file]")) field.addEventListener("change", () => choose(field));
    form.addEventListener("submit", send);
    document.getElementById("erase").addEventListener("click", erase);
}
