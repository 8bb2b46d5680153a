// The id that tells this device's reports from another one's: the same on each page and after each sign-in.
export function device() {
  const known = localStorage.getItem("kendi-device") ?? crypto.randomUUID();
  localStorage.setItem("kendi-device", known);
  return known;
}

// Where it is not allowed, the service knows the device by its session.
if (window.isSecureContext) {
  for (const input of document.querySelectorAll("input[name=device]")) input.value = device();
}
