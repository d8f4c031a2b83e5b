// A program that has stopped does nothing any more: say so instead of looking alive.
const stop = (event) => {
  const error = event.error ?? event.reason;
  if (error instanceof WebAssembly.RuntimeError) {
    document.body.textContent = "The console stopped because of an error of its own. Reload this page to go on.";
  }
};
addEventListener("error", stop);
addEventListener("unhandledrejection", stop);
