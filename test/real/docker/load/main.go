// Calls a volume plugin through its socket, as Docker does: POST over connections that are kept open.
// Makes volumes, then gets, mounts, unmounts and removes each of them, and makes and removes them again
// with a size, every method by itself, and prints a line of JSON for each: how long each call took, and
// all of them together.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

type result struct {
	// A method, and how it is called where it is called in two ways.
	Method string `json:"method"`
	// Of each call, in nanoseconds.
	Nanos []int64 `json:"nanos"`
	// Of all together, in nanoseconds.
	Total int64 `json:"total"`
}

func main() {
	socket := flag.String("socket", "", "of the plugin")
	connections := flag.Int("connections", 1, "calls at a time, each on a connection of its own")
	volumes := flag.Int("volumes", 200, "how many are made")
	repeat := flag.Int("repeat", 1, "how often each is got")
	flag.Parse()
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", *socket)
		},
		MaxIdleConnsPerHost: *connections,
	}}
	name := func(i int) string { return fmt.Sprintf("volume-%06d", i%*volumes) }
	id := func(i int) string { return fmt.Sprintf("%064x", i) }
	create := func(options map[string]string) func(i int) any {
		return func(i int) any { return map[string]any{"Name": name(i), "Opts": options} }
	}
	remove := func(i int) any { return map[string]any{"Name": name(i)} }
	plan := []struct {
		method string
		way    string
		count  int
		body   func(i int) any
	}{
		{"Create", "", *volumes, create(map[string]string{})},
		{"Get", "", *volumes * *repeat, func(i int) any { return map[string]any{"Name": name(i)} }},
		{"Mount", "", *volumes, func(i int) any { return map[string]any{"Name": name(i), "ID": id(i)} }},
		{"Unmount", "", *volumes, func(i int) any { return map[string]any{"Name": name(i), "ID": id(i)} }},
		{"Remove", "", *volumes, remove},
		// As `docker volume create -o size=1073741824`; a container would have it measured.
		{"Create", " with a size", *volumes, create(map[string]string{"size": "1073741824"})},
		{"Remove", " of one with a size", *volumes, remove},
	}
	output := json.NewEncoder(os.Stdout)
	for _, one := range plan {
		r := result{Method: one.method + one.way, Nanos: make([]int64, one.count)}
		var next atomic.Int64
		var all sync.WaitGroup
		started := time.Now()
		for range *connections {
			all.Add(1)
			go func() {
				defer all.Done()
				for i := int(next.Add(1)) - 1; i < one.count; i = int(next.Add(1)) - 1 {
					begun := time.Now()
					if err := call(client, one.method, one.body(i)); err != nil {
						log.Fatal(err)
					}
					r.Nanos[i] = time.Since(begun).Nanoseconds()
				}
			}()
		}
		all.Wait()
		r.Total = time.Since(started).Nanoseconds()
		if err := output.Encode(r); err != nil {
			log.Fatal(err)
		}
	}
}

func call(client *http.Client, method string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest("POST", "http://plugin/VolumeDriver."+method, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/vnd.docker.plugins.v1.2+json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var fault struct{ Err string }
	if err := json.Unmarshal(answer, &fault); err != nil || response.StatusCode != 200 || fault.Err != "" {
		return fmt.Errorf("%s: %d %s", method, response.StatusCode, answer)
	}
	return nil
}
