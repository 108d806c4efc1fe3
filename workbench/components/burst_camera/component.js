const build = (root) => {
  root._video = make('video', '', root, { muted: true, playsInline: true, autoplay: true });
  root._said = make('div', 'said', root);
  root._said.setAttribute('role', 'status');
};

const photoOf = (video) => {
  const canvas = Object.assign(document.createElement('canvas'),
    { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas.toDataURL('image/jpeg', 0.92);
};

export default function ({ parentElement, data, setTriggerValue }) {
  const root = rootOf(parentElement, 'burst', build);
  root._tell = setTriggerValue; // of the latest run
  const video = root._video;
  video.setAttribute('aria-label', data.words.label);
  const say = (text) => { root._said.textContent = text; };
  const stop = () => {
    clearInterval(root._timer);
    if (root._stream) root._stream.getTracks().forEach((track) => track.stop());
    root._stream = root._timer = null;
  };
  const shoot = () => {
    if (!root.isConnected) return stop();
    if (!video.videoWidth || document.hidden) return;
    root._count += 1;
    root._tell('photo', photoOf(video));
    say(fill(data.words.taken, { count: root._count }));
    if (root._count < data.most) return;
    stop();
    say(fill(data.words.full, { count: root._count }));
  };
  const gone = () => { if (!root.isConnected) stop(); };
  if (root._asked) return gone;
  root._asked = true;
  root._count = 0;
  say(data.words.asking);
  const wanted = { video: { facingMode: 'environment', height: { ideal: 720 } } };
  Promise.resolve().then(() => navigator.mediaDevices.getUserMedia(wanted)).then((stream) => {
    root._stream = stream;
    if (!root.isConnected) return stop();
    video.srcObject = stream;
    video.play();
    root._timer = setInterval(shoot, data.every);
    return undefined;
  }).catch((error) => say(fill(data.words.refused, { reason: error.name || error })));
  return gone;
}
