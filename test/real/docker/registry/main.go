// Command registry asks Docker's own pkg/plugins what the tests ask ours: what stands in folders, and what
// plugins answer. It reads one JSON document from stdin and writes one to stdout.
package main

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"unsafe"

	"github.com/containerd/log"
	"github.com/docker/docker/pkg/plugins"
	"github.com/docker/go-connections/tlsconfig"
)

type question struct {
	Sockets string   `json:"sockets"`
	Specs   []string `json:"specs"`
	Names   []string `json:"names"`

	Address string   `json:"address"`
	Methods []string `json:"methods"`
	// Of the body that each method is sent; nothing where it is null.
	Body map[string]any `json:"body"`
}

type found struct {
	Address    string `json:"address,omitempty"`
	CAFile     string `json:"caFile,omitempty"`
	CertFile   string `json:"certFile,omitempty"`
	KeyFile    string `json:"keyFile,omitempty"`
	SkipVerify bool   `json:"skipVerify,omitempty"`
	NotFound   bool   `json:"notFound,omitempty"`
	Failed     bool   `json:"failed,omitempty"`
}

type outcome struct {
	Answer   *answer `json:"answer,omitempty"`
	Error    string  `json:"error,omitempty"`
	NotFound bool    `json:"notFound,omitempty"`
}

// Some of what a VolumeDriver answers.
type answer struct {
	Err        string
	Mountpoint string
	Volume     *volume
	Volumes    []*volume
}

type volume struct {
	Name       string
	Mountpoint string
	Status     map[string]any
}

func main() {
	log.SetLevel("fatal")
	var q question
	if err := json.NewDecoder(os.Stdin).Decode(&q); err != nil {
		panic(err)
	}
	result := map[string]any{}
	if q.Address == "" {
		registry := registryOf(q.Sockets, q.Specs)
		names, err := registry.Scan()
		result["scanned"], result["scanFailed"] = append([]string{}, names...), err != nil
		looked := map[string]found{}
		for _, name := range q.Names {
			looked[name] = look(registry, name)
		}
		result["found"] = looked
	} else {
		client, err := plugins.NewClient(q.Address, &tlsconfig.Options{InsecureSkipVerify: true})
		if err != nil {
			panic(err)
		}
		outcomes := map[string]outcome{}
		for _, method := range q.Methods {
			outcomes[method] = call(client, method, q.Body)
		}
		result["outcomes"] = outcomes
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		panic(err)
	}
}

// registryOf makes a registry of other folders than Docker's, which has no function for it.
func registryOf(sockets string, specs []string) *plugins.LocalRegistry {
	registry := plugins.NewLocalRegistry()
	fields := reflect.ValueOf(&registry).Elem()
	set := func(name string, value any) {
		field := fields.FieldByName(name)
		reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().Set(reflect.ValueOf(value))
	}
	set("socketsPath", sockets)
	set("specsPaths", specs)
	return &registry
}

func look(registry *plugins.LocalRegistry, name string) found {
	plugin, err := registry.Plugin(name)
	if err != nil {
		missing := errors.Is(err, plugins.ErrNotFound)
		return found{NotFound: missing, Failed: !missing}
	}
	one := found{Address: plugin.Addr}
	if tls := plugin.TLSConfig; tls != nil {
		one.CAFile, one.CertFile, one.KeyFile = tls.CAFile, tls.CertFile, tls.KeyFile
		one.SkipVerify = tls.InsecureSkipVerify
	}
	return one
}

func call(client *plugins.Client, method string, body map[string]any) outcome {
	var args any
	if body != nil {
		args = body
	}
	into := new(answer)
	if err := client.Call(method, args, into); err != nil {
		// The daemon shows what Go says of JSON; only whether it says so is the same elsewhere.
		text := err.Error()
		if !strings.HasPrefix(text, method) {
			text = "decoding"
		}
		return outcome{Error: text, NotFound: plugins.IsNotFound(err)}
	}
	return outcome{Answer: into}
}
