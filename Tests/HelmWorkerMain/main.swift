import HelmEngine

// What `flotilla helm-worker` is, as a program of its own: the tests' children of `HelmWorkers`.
HelmWorker.run()
