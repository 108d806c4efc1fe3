// Writing that is too small or too faint, as sentences: below 12 pixels, or below 4.5 to 1 against what is behind it.
// Shadow roots are looked into. Left out is what cannot be pressed now, as in WCAG, and what lies on pictures.
() => {
  const [SMALLEST, FAINTEST] = [11.95, 4.45]; // what rounds to 12 pixels and 4.5 to 1
  const found = new Map();
  const ink = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const read = new Map(); // a page has few colours, and reading one back from a canvas takes long
  const rgba = (colour) => {
    if (!read.has(colour)) {
      ink.clearRect(0, 0, 1, 1);
      ink.fillStyle = colour;
      ink.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = ink.getImageData(0, 0, 1, 1).data;
      read.set(colour, [red, green, blue, alpha / 255]);
    }
    return read.get(colour);
  };
  const over = (top, below) => {
    const alpha = top[3] + below[3] * (1 - top[3]);
    const mix = (i) => (alpha ? (top[i] * top[3] + below[i] * below[3] * (1 - top[3])) / alpha : 0);
    return [mix(0), mix(1), mix(2), alpha];
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };
  const parentOf = (element) => element.assignedSlot ?? element.parentElement ?? element.getRootNode().host ?? null;
  const page = over(rgba(getComputedStyle(document.querySelector('.stApp')).backgroundColor), [255, 255, 255, 1]);

  // The colour behind what is written at a place, with the opacity of the writing; null on a picture or a gradient.
  const behind = (element, x, y) => {
    const grounds = [];
    let opacity = 1;
    for (let one = element; one; one = parentOf(one)) {
      const style = getComputedStyle(one);
      opacity *= Number(style.opacity);
      if (one instanceof SVGElement) continue;
      const box = one.getBoundingClientRect(); // a slider's value stands above the handle that it belongs to
      if (style.display !== 'contents' && (x < box.left || x > box.right || y < box.top || y > box.bottom)) continue;
      if (style.backgroundImage !== 'none') return null;
      const ground = rgba(style.backgroundColor);
      if (ground[3]) grounds.push(ground);
      if (ground[3] === 1) break;
    }
    return { ground: grounds.reverse().reduce((below, ground) => over(ground, below), page), opacity };
  };
  const disabled = (element) => element.closest('[disabled], [aria-disabled="true"], :disabled') !== null;

  const look = (element, words, colour, size, place) => {
    if (disabled(element) || !/[\p{L}\p{N}]/u.test(words)) return;
    const box = (place ?? element).getBoundingClientRect();
    const back = behind(element, box.left + box.width / 2, box.top + box.height / 2);
    const said = words.trim().replace(/\s+/g, ' ').slice(0, 40);
    const where = element.closest('[class*="st-key-"], [data-testid]') ?? element.getRootNode().host?.closest('[class*="st-key-"]');
    const name = where ? (where.className.toString?.().match(/st-key-[\w-]+/)?.[0] ?? where.dataset.testid) : '';
    if (size < SMALLEST) found.set(`small ${name} ${size.toFixed(1)}`, `“${said}” (${name}) is ${size.toFixed(1)} px high`);
    if (!back) return;
    const [red, green, blue, alpha] = rgba(colour);
    if (alpha * back.opacity < 0.05) return; // it appears under the pointer only
    const seen = over([red, green, blue, alpha * back.opacity], back.ground);
    const ratio = contrast(seen, back.ground);
    if (ratio < FAINTEST) found.set(`faint ${name} ${colour}`, `“${said}” (${name}) has ${ratio.toFixed(2)} to 1`);
  };
  const written = (node) => {
    const element = node.parentElement ?? node.getRootNode().host;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (!box.width || !box.height || box.width * box.height < 9) return; // for a screen reader only
    const style = getComputedStyle(element);
    let size = parseFloat(style.fontSize);
    let colour = style.color;
    if (element instanceof SVGElement) {
      const turned = element.getScreenCTM?.(); // writing may be turned and scaled
      if (turned) size *= Math.hypot(turned.a, turned.b);
      const [red, green, blue, alpha] = rgba(style.fill);
      colour = `rgba(${red}, ${green}, ${blue}, ${alpha * Number(style.fillOpacity)})`;
    }
    look(element, node.textContent, colour, size, range);
  };
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) { if (node.textContent.trim()) written(node); return; }
    if (node.nodeType !== Node.ELEMENT_NODE || ['STYLE', 'SCRIPT', 'TITLE', 'CANVAS'].includes(node.tagName)) return;
    const visible = { visibilityProperty: true, opacityProperty: true };
    if (getComputedStyle(node).display !== 'contents' && !node.checkVisibility(visible)) return;
    if (node.matches('[data-testid=stIconMaterial], [data-testid=stHeaderActionElements]')) return;
    if (node.matches('input, textarea') && node.type !== 'range' && node.type !== 'checkbox') {
      const style = getComputedStyle(node, node.value ? null : '::placeholder');
      look(node, node.value || node.placeholder || '', style.color, parseFloat(getComputedStyle(node).fontSize));
    }
    node.shadowRoot?.childNodes.forEach(walk);
    node.childNodes.forEach(walk);
  };
  walk(document.querySelector('.stApp'));
  return [...found.values()];
}
