// Calls one export of a plugin in the Go SDK of Extism, on wazero: for each line of standard input,
// which is the call's input, a line of output, which is the plugin's answer in base64.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"os"

	extism "github.com/extism/go-sdk"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path, entry string) error {
	ctx := context.Background()
	manifest := extism.Manifest{Wasm: []extism.Wasm{extism.WasmFile{Path: path}}}
	compiled, err := extism.NewCompiledPlugin(ctx, manifest, extism.PluginConfig{}, nil)
	if err != nil {
		return err
	}
	defer compiled.Close(ctx)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		answer, err := call(ctx, compiled, entry, lines.Bytes())
		if err != nil {
			return err
		}
		fmt.Println(base64.StdEncoding.EncodeToString(answer))
	}
	return lines.Err()
}

// call asks a new instance.
func call(ctx context.Context, compiled *extism.CompiledPlugin, entry string, input []byte) ([]byte, error) {
	plugin, err := compiled.Instance(ctx, extism.PluginInstanceConfig{})
	if err != nil {
		return nil, err
	}
	defer plugin.Close(ctx)
	_, answer, err := plugin.CallWithContext(ctx, entry, input)
	return answer, err
}
