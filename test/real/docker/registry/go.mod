module cofferdam.test/docker/registry

go 1.25.0

require (
	github.com/containerd/log v0.1.0
	github.com/docker/docker v28.5.2+incompatible
	github.com/docker/go-connections v0.6.0
)

require (
	github.com/Microsoft/go-winio v0.4.21 // indirect
	github.com/moby/sys/atomicwriter v0.1.0 // indirect
	github.com/moby/sys/sequential v0.6.0 // indirect
	github.com/moby/sys/userns v0.2.1 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/sirupsen/logrus v1.9.3 // indirect
	golang.org/x/sys v0.12.0 // indirect
	gotest.tools/v3 v3.5.2 // indirect
)
