// Command check is a plugin as they are since they can check what they made.
package main

import (
	"fmt"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/version"
)

func done(_ *skel.CmdArgs) error {
	fmt.Println("{}")
	return nil
}

func main() {
	skel.PluginMain(done, done, done, version.PluginSupports("0.2.0", "0.4.0", "0.999.0"), "")
}
