// What is written in a page's main part and does not fit its place: ends in "…", or runs out of its field.
() => {
  const found = [];
  const walk = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    const { display, textOverflow } = getComputedStyle(node);
    if (display !== 'contents' && !node.checkVisibility()) return;  // in a closed box
    const wider = node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1;
    const field = node.tagName === 'INPUT' && node.type === 'text';
    const ends = field || textOverflow === 'ellipsis';
    if (wider && ends) found.push(field ? node.value || node.placeholder : node.textContent);
    node.shadowRoot?.childNodes.forEach(walk);
    node.childNodes.forEach(walk);
  };
  walk(document.querySelector('.stMain'));
  return found;
}
