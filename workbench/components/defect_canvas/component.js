// What the painter and the placer share: a photo in a frame that takes the keyboard, and where the pointer is in it.
const frameIn = (root) => {
  root._frame = make('div', 'frame', root, { tabIndex: 0 });
  root._frame.setAttribute('role', 'application');
  root._photo = make('img', '', root._frame, { alt: '', draggable: false });
};
const showPhoto = (root, data) => {
  root._frame.style.aspectRatio = data.width / data.height;
  root._frame.setAttribute('aria-label', data.label);
  root._hint.textContent = data.hint;
  if (root._photo.src !== data.photo) root._photo.src = data.photo;
};
const positionIn = (frame, event) => {
  const box = frame.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
};
