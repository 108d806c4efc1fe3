#!/usr/bin/env bash
# What a visit to a machine with a GPU and without a network is for, in some ten minutes: the tests that need the GPU,
# the network's throughput beside the device's ceiling, and the embedded model's recipe. Results go to a new folder.
#
#   benchmarks/gpu.sh OUT        on the GPU
#   benchmarks/gpu.sh OUT toy    the same steps on a CPU, at toy size, to see that they run
set -euo pipefail
out=$(realpath -m "${1:?name a folder for the results}")
cd "$(dirname "$0")/.."
mkdir "$out"
python=${PYTHON:-python}

if [ "${2:-}" = toy ]; then
  device=cpu
  measure=(--size 64 --teacher resnet18 --batches 2 --seconds 0.01)
  train=(--data synthetic:cog --set model.size=64 --set train.min_steps=2 --set train.epochs=1 --random-teacher)
else
  device=cuda
  measure=(--compile)
  train=(--data elpv:mono --set train.min_steps=1000 --set model.features=stages --set model.temperature=0.05 --film)
fi

failed=0
echo "1/3 tests on $device" && "$python" -m pytest -m 'cuda and not slow' tests/processes/test_cuda.py 2>&1 | tee "$out/tests.txt" || failed=1
echo "2/3 throughput" &&
  "$python" -m benchmarks.gpu --device "$device" "${measure[@]}" --json "$out/gpu.json" 2>&1 | tee "$out/gpu.md" || failed=1
echo "3/3 training" &&
  "$python" -m nnet train --preset small --device "$device" "${train[@]}" --out "$out/model" 2>&1 |
  tee "$out/training.txt" || failed=1
exit $failed
