// Sets the chosen theme before the first paint; without a choice the system's theme holds.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then there is no choice to remember.
}
