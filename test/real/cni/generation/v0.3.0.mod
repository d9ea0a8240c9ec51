module cofferdam.test/cni

go 1.25.0

require github.com/containernetworking/cni v0.3.0
