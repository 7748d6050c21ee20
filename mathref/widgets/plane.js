// A handle in a plane of two numbers, which can be dragged, or moved by the arrow keys.

/**
 * Let the handle of `root` be moved over the element it lies in, whose sides go from −reach to reach.
 * @param {HTMLElement} root
 * @param {number} reach
 * @param {() => [number, number]} where it is
 * @param {(place: [number, number]) => void} move puts it somewhere else
 * @param {AbortSignal} signal
 */
export function plane(root, reach, where, move, signal) {
  const on = (type, listener) => root.addEventListener(type, (event) => {
    const handle = event.target.closest(".handle");
    if (handle) listener(event, handle);
  }, { signal });
  const put = (place) => move(place.map((x) => Math.round(100 * Math.min(reach, Math.max(-reach, x))) / 100));

  let held;
  on("pointerdown", ({ pointerId, button }, handle) => {
    if (button !== 0) return;
    held = where();
    handle.setPointerCapture(pointerId);
  });
  on("pointermove", ({ clientX, clientY }, handle) => {
    if (!held) return;
    const { left, top, width, height } = handle.parentElement.getBoundingClientRect();
    put([reach * (2 * (clientX - left) / width - 1), reach * (1 - 2 * (clientY - top) / height)]);
  });
  on("pointerup", () => { held = undefined; });
  on("pointercancel", () => {
    if (held) put(held);
    held = undefined;
  });
  on("keydown", (event) => {
    const [x, y] = where();
    const step = event.shiftKey ? 1 : 0.1;
    const place = {
      ArrowRight: [x + step, y], ArrowLeft: [x - step, y], ArrowUp: [x, y + step], ArrowDown: [x, y - step],
    }[event.key];
    if (!place || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    put(place);
  });
}
