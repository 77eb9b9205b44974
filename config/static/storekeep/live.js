// A part of the page that is brought up to date by itself until it says that it is final.
const EVERY = 1000;

async function refresh() {
    const part = document.querySelector("[data-live]");
    if (!part || !part.dataset.live) return;
    try {
        const answer = await fetch(part.dataset.live);
        if (answer.ok && !answer.redirected) {
            const made = document.createElement("div");
            made.innerHTML = await answer.text();
            const next = made.querySelector("[data-live]");
            const changed = next && next.dataset.version !== part.dataset.version;
            if (next && next.innerHTML !== part.innerHTML) part.replaceWith(next);
            // What else the page shows is of an older state then.
            if (changed && !next.dataset.live) return location.reload();
        }
    } catch {
        // The network is away for a moment: the next turn tries again.
    }
    setTimeout(refresh, EVERY);
}

setTimeout(refresh, EVERY);
