"""What `nnet-workbench` and `make demo` start: the workbench behind its doorman (`workbench.shared.doorman`)."""

from streamlit.starlette import App

from workbench.shared import doorman

app = App("Workbench.py", middleware=doorman.MIDDLEWARE, lifespan=doorman.lifespan)
