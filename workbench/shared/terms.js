// Terms of the glossary: Escape closes what is shown, be it pressed, focused or pointed at, and a press elsewhere what is
// open. Runs once for the whole visit; what a term looks like stands in style.css.
if (!window.nnTerms) {
  window.nnTerms = true;
  const isShown = (term) => [...term.children].some((child) => child.localName === 'span' && child.getClientRects().length);
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const shown = [...document.querySelectorAll('.nn-term')].filter(isShown);
    shown.forEach((term) => { term.open = false; term.classList.add('nn-quiet'); });
    if (shown.length) event.stopImmediatePropagation(); // in the presenter's mode the next one leaves it
  }, true);
  const leave = (event) => {
    const term = event.target.closest?.('.nn-term');
    if (term && !term.contains(event.relatedTarget)) term.classList.remove('nn-quiet');
  };
  addEventListener('pointerout', leave);
  addEventListener('focusout', leave);
  addEventListener('pointerdown', (event) => document.querySelectorAll('.nn-term[open]').forEach((term) => {
    if (!term.contains(event.target)) term.open = false;
  }));
}
