// Where the picture comes from: a sample, a file, a drop, the clipboard, or the camera.

import { picture, pixelsOf } from './data.js';
import { $, make } from './dom.js';
import * as words from './words.js';

export class Choosing {
  constructor(samples, opened) {
    this.opened = opened;
    this.buttons = samples.map((sample) => this.sample(sample));
    const good = samples.findIndex((one) => one.good);
    $('good').hidden = good < 0;
    $('good').onclick = () => { this.buttons[good].click(); $('picture').focus(); };
    $('file').onchange = () => { if ($('file').files[0]) this.file($('file').files[0]); $('file').value = ''; };
    document.ondragover = (event) => { event.preventDefault(); document.body.classList.add('dropping'); };
    document.ondragleave = (event) => { if (!event.relatedTarget) document.body.classList.remove('dropping'); };
    document.ondrop = (event) => {
      event.preventDefault();
      document.body.classList.remove('dropping');
      if (event.dataTransfer.files[0]) this.file(event.dataTransfer.files[0]);
    };
    document.onpaste = (event) => { if (event.clipboardData.files[0]) this.file(event.clipboardData.files[0]); };
    $('camera').onclick = () => this.camera();
    $('shoot').onclick = () => this.shoot();
    $('close').onclick = () => $('camera-dialog').close();
    $('camera-dialog').onclose = () => { for (const track of this.stream?.getTracks() ?? []) track.stop(); };
  }
  sample({ file, title, known }) {
    const button = make('button', '', $('samples')), image = make('img', '', button);
    button.type = 'button';
    button.title = `${title}. ${known}`;
    image.src = file;
    image.alt = title;
    button.onclick = async () => this.open(await picture(file), button);
    return button;
  }
  open(found, chosen = null) {
    for (const button of this.buttons) button.setAttribute('aria-pressed', String(button === chosen));
    this.opened(found);
  }
  async file(file) {
    try {
      this.open(await picture(file));
    } catch {
      $('status').textContent = words.UNREADABLE(file.name);
    }
  }
  async camera() {
    if (!navigator.mediaDevices) { $('status').textContent = words.CAMERA_ADDRESS; return; }
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    } catch {
      $('status').textContent = words.NO_CAMERA;
      return;
    }
    $('video').srcObject = this.stream;
    $('camera-dialog').showModal();
    await $('video').play();
  }
  shoot() {
    const video = $('video');
    if (!video.videoWidth) return;
    const side = Math.min(video.videoWidth, video.videoHeight); // the middle square: nothing is squeezed
    const canvas = new OffscreenCanvas(side, side);
    canvas.getContext('2d').drawImage(video, (side - video.videoWidth) / 2, (side - video.videoHeight) / 2);
    this.open(pixelsOf(canvas, side, side));
    $('camera-dialog').close();
  }
}
