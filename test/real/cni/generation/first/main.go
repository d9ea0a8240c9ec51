// Command first is a plugin as they were before they knew VERSION.
package main

import (
	"net"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
)

func add(_ *skel.CmdArgs) error {
	result := types.Result{
		IP4: &types.IPConfig{
			IP:      net.IPNet{IP: net.ParseIP("10.1.2.3"), Mask: net.CIDRMask(24, 32)},
			Gateway: net.ParseIP("10.1.2.1"),
			Routes:  []types.Route{{Dst: net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)}}},
		},
		DNS: types.DNS{Nameservers: []string{"8.8.8.8"}, Domain: "example.com"},
	}
	return result.Print()
}

func del(_ *skel.CmdArgs) error { return nil }

func main() { skel.PluginMain(add, del) }
