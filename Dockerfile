# The workbench for a computer without Python; docs/deploy.md says how to reach it from others.
#   docker build -t nnet-workbench .
#   docker run -p 127.0.0.1:8501:8501 -v nnet-runs:/runs nnet-workbench
FROM python:3.11-slim-trixie AS build

RUN python -m venv /opt/nnet
ENV PATH=/opt/nnet/bin:$PATH
# PyTorch's CPU build first: the packages on PyPI bring CUDA libraries of several GB.
RUN pip install --no-cache-dir torch==2.13.0 torchvision==0.28.0 --index-url https://download.pytorch.org/whl/cpu
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE Workbench.py Server.py ./
COPY .streamlit/config.toml .streamlit/
COPY checkpoints checkpoints
COPY pages pages
COPY nnet nnet
COPY workbench workbench
RUN pip install --no-cache-dir -c constraints.txt ".[workbench,export]"

FROM python:3.11-slim-trixie

COPY --from=build /opt/nnet /opt/nnet
RUN useradd --uid 1000 --create-home nnet && mkdir /runs && chown nnet /runs
USER 1000
WORKDIR /home/nnet
ENV PATH=/opt/nnet/bin:$PATH \
    NNET_RUNS=/runs
VOLUME /runs
EXPOSE 8501
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8501/_stcore/health', timeout=5)"]
# Inside the container every address is listened to; which names it answers to is set by server.allowedHosts.
CMD ["nnet-workbench", "--port", "8501", "--server.address", "0.0.0.0", "--server.headless", "true"]
