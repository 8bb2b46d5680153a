// The id that tells this device's reports from another one's: the same on each page and after each sign-in.
export function device() {
  const known = localStorage.getItem("kendi-device") ?? crypto.randomUUID();
  localStorage.setItem("kendi-device", known);
  return known;
}
