// Buttons that copy what an input holds.
document.querySelectorAll("[data-copy]").forEach((button) => {
    button.addEventListener("click", async () => {
        const input = document.querySelector(button.dataset.copy);
        input.select();
        try {
            await navigator.clipboard.writeText(input.value);
        } catch {
            document.execCommand("copy"); // pages on plain HTTP have no clipboard
        }
        button.textContent = "Copied";
    });
});
