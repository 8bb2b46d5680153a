// What waits to be sent, in the browser's own database: it outlives the page, the session and the battery.
const STORE = "waiting";

const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("kendi-board", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "place", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

// Resolves when it is on the disk, not before.
async function write(change) {
  const transaction = (await database()).transaction(STORE, "readwrite", { durability: "strict" });
  change(transaction.objectStore(STORE));
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

// In the order in which they were tapped.
export const all = async () => asked((await database()).transaction(STORE).objectStore(STORE).getAll());
export const keep = (entry) => write((store) => store.add(entry));
export const change = (entry) => write((store) => store.put(entry));
export const drop = ({ place }) => write((store) => store.delete(place));
