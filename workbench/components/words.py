"""What the components say by themselves; they are given it as data. Names in {braces} are filled in by the browser."""

LINKED_PICTURES = {
    "zoomIn": "Zoom in",
    "zoomOut": "Zoom out",
    "whole": "Show the whole image",
    "pointed": "Under the pointer: x {x} px, y {y} px \N{MIDDLE DOT} {label} {value}",
    "chosen": "Chosen pixel: x {x} px, y {y} px \N{MIDDLE DOT} {label} {value}",
}
PAINTER = {
    "tools": "What the brush does",
    "lighter": "Lighter",
    "darker": "Darker",
    "colour": "Colour",
    "mask": "Brush",
    "eraser": "Eraser",
    "brush": "Colour of the brush",
    "size": "Size",
    "opacity": "Opacity",
    "undo": "Undo",
    "clear": "Clear",
}
PHOTO_MEGABYTES = 40
"""Largest photo that Home sends with the page's messages."""
DEMO = {
    "part": "The part: draw a scratch on it",
    "picture": "The picture: draw on it, too",
    "heatmap": "Where it does not look like the good ones",
    "here": "Draw here",
    "defect": "A real defect",
    "another": "Another defect",
    "photo": "Your photo",
    "undo": PAINTER["undo"],
    "clear": "Start again",
    "strip": "The network with this picture: press to see it large",
    "below": "See the network \N{DOWNWARDS ARROW}",
    "large": f"That file is larger than {PHOTO_MEGABYTES} MB. Open it on the Inspect page instead.",
}
BURST_CAMERA = {
    "label": "The camera's picture",
    "asking": "Waiting for the camera. The browser may ask whether it may be used.",
    "taken": "{count} taken in this burst. Move the part a little between two photos.",
    "full": "{count} taken, which is the most in one burst. Switch the burst off and on for more.",
    "refused": "The camera cannot be used ({reason}). Allow it in the browser, or close other programs that use it.",
}
TRAINING_FILM = {"play": "Play the film", "pause": "Pause the film"}
