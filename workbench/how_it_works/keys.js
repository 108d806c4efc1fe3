// The presenter's keys: Streamlit hears none while a switch or a button has the focus, so a press by mouse gives it up.
{
  const leave = () => {
    const at = document.activeElement;
    if (at?.matches('button, .stMain, input:is([type="checkbox"], [type="radio"])')) at.blur();  // .stMain takes a press on empty space
  };
  leave();
  if (!window.nnHall) {
    window.nnHall = true;
    addEventListener('click', ({ detail, target }) => {
      if (detail && document.querySelector('.nn-presenting') && target.closest?.('.stMain')) setTimeout(leave);
    });
  }
}
