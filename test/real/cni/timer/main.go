// Command timer executes a CNI plugin for containers, as runtimes do, and says how long each call took.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"sync"
	"time"
)

type question struct {
	Path       string   `json:"path"`
	Command    string   `json:"command"`
	CniPath    string   `json:"cniPath"`
	Config     string   `json:"config"`
	Containers []string `json:"containers"`
	// Whether all are called at once, in place of one after another.
	AtOnce bool `json:"atOnce"`
}

func (q *question) call(container string) error {
	plugin := exec.Command(q.Path)
	plugin.Env = []string{
		"PATH=" + os.Getenv("PATH"), "CNI_PATH=" + q.CniPath, "CNI_COMMAND=" + q.Command,
		"CNI_CONTAINERID=" + container, "CNI_IFNAME=eth0", "CNI_NETNS=/run/netns/" + container,
	}
	plugin.Stdin = bytes.NewBufferString(q.Config)
	output, err := plugin.Output()
	if err != nil {
		var ended *exec.ExitError
		if errors.As(err, &ended) {
			output = append(output, ended.Stderr...)
		}
		return fmt.Errorf("%s %s of %s: %v: %s", q.Path, q.Command, container, err, output)
	}
	if q.Command == "ADD" && !bytes.Contains(output, []byte(`"address"`)) {
		return fmt.Errorf("no address for %s: %s", container, output)
	}
	return nil
}

// Prints a list of microseconds: of each call, or at once from the start of all to the end of each.
func main() {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	micros := make([]float64, len(asked.Containers))
	var all sync.WaitGroup
	began := time.Now()
	for at, container := range asked.Containers {
		run := func(since time.Time) {
			if err := asked.call(container); err != nil {
				log.Fatal(err)
			}
			micros[at] = float64(time.Since(since).Nanoseconds()) / 1000
		}
		if !asked.AtOnce {
			run(time.Now())
			continue
		}
		all.Add(1)
		go func() {
			defer all.Done()
			run(began)
		}()
	}
	all.Wait()
	if err := json.NewEncoder(os.Stdout).Encode(micros); err != nil {
		log.Fatal(err)
	}
}
