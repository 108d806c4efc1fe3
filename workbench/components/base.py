"""JavaScript that the workbench's own components share; each has its script in one text, without a network."""

MAKE = """
const make = (tag, className, parent) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  parent.appendChild(element);
  return element;
};
"""
"""make(tag, className, parent): a new element at the end of its parent."""
