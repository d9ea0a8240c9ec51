// Command driver calls libcni once, as standard input says, and prints what came of it. The same
// questions are put to our own runtime.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sort"

	"github.com/containernetworking/cni/libcni"
	"github.com/containernetworking/cni/pkg/types"
)

type question struct {
	Verb      string
	ConfDir   string
	Network   string
	Path      []string
	CacheDir  string
	Container struct {
		ContainerID    string
		NetNS          string
		IfName         string
		Args           [][2]string
		CapabilityArgs map[string]interface{}
	}
	// Nothing where it is absent.
	Valid *[]types.GCAttachment
	Type  string
}

type answer struct {
	Result interface{} `json:"result,omitempty"`
	// What went wrong; with the plugin's code, where it had one.
	Error string `json:"error,omitempty"`
	Code  uint   `json:"code,omitempty"`
	Msg   string `json:"msg,omitempty"`
}

func main() {
	var q question
	if err := json.NewDecoder(os.Stdin).Decode(&q); err != nil {
		panic(err)
	}
	result, err := ask(&q)
	a := answer{Result: result}
	if err != nil {
		a = answer{Error: err.Error()}
		var plugin *types.Error
		if errors.As(err, &plugin) {
			a.Code, a.Msg = plugin.Code, plugin.Msg
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		panic(err)
	}
}

func ask(q *question) (interface{}, error) {
	ctx := context.Background()
	cni := libcni.NewCNIConfigWithCacheDir(q.Path, q.CacheDir, nil)
	rt := &libcni.RuntimeConf{
		ContainerID:    q.Container.ContainerID,
		NetNS:          q.Container.NetNS,
		IfName:         q.Container.IfName,
		Args:           q.Container.Args,
		CapabilityArgs: q.Container.CapabilityArgs,
	}
	switch q.Verb {
	case "attachments":
		return cni.GetCachedAttachments(q.Container.ContainerID)
	case "version":
		info, err := cni.GetVersionInfo(ctx, q.Type)
		if err != nil {
			return nil, err
		}
		return info.SupportedVersions(), nil
	}
	list, err := libcni.LoadNetworkConf(q.ConfDir, q.Network)
	if err != nil {
		return nil, err
	}
	switch q.Verb {
	case "load":
		plugins := []string{}
		for _, plugin := range list.Plugins {
			plugins = append(plugins, plugin.Network.Type)
		}
		return map[string]interface{}{
			"name": list.Name, "cniVersion": list.CNIVersion, "disableCheck": list.DisableCheck,
			"disableGC": list.DisableGC, "plugins": plugins,
		}, nil
	case "add":
		return cni.AddNetworkList(ctx, list, rt)
	case "check":
		return nil, cni.CheckNetworkList(ctx, list, rt)
	case "del":
		return nil, cni.DelNetworkList(ctx, list, rt)
	case "gc":
		if q.Valid == nil {
			return nil, cni.GCNetworkList(ctx, list, nil)
		}
		return nil, cni.GCNetworkList(ctx, list, &libcni.GCArgs{ValidAttachments: *q.Valid})
	case "status":
		return nil, cni.GetStatusNetworkList(ctx, list)
	case "validate":
		capabilities, err := cni.ValidateNetworkList(ctx, list)
		// They come in the order of a map.
		sort.Strings(capabilities)
		return capabilities, err
	case "cached":
		result, err := cni.GetNetworkListCachedResult(list, rt)
		if err != nil || result == nil {
			return nil, err
		}
		return result, nil
	case "config":
		config, found, err := cni.GetNetworkListCachedConfig(list, rt)
		if err != nil || found == nil {
			return nil, err
		}
		return map[string]interface{}{
			"config": string(config), "args": found.Args, "capabilityArgs": found.CapabilityArgs,
		}, nil
	}
	return nil, errors.New("no such verb: " + q.Verb)
}
