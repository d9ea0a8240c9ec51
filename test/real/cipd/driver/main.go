// Drives CIPD's own plugin host, as the cipd client does: launches the plugin whose command line it is
// given, has it judge pins and prints what the host heard, a line of JSON each.
//
//	driver [flags] -- COMMAND ARG...
//
// Pins come from standard input, a line each: PACKAGE INSTANCE.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"go.chromium.org/luci/cipd/api/cipd/v1/repopb"
	"go.chromium.org/luci/cipd/client/cipd/plugin"
	"go.chromium.org/luci/cipd/client/cipd/plugin/host"
	"go.chromium.org/luci/cipd/common"
	"go.chromium.org/luci/common/logging/gologger"
)

var (
	serviceURL = flag.String("service", "https://example.com", "URL of the service")
	metadata   = flag.Int("metadata", 3, "entries of metadata that each instance has")
	valueSize  = flag.Int("value-size", 0, "bytes of each value; 0 for a short one")
	deny       = flag.Bool("metadata-denied", false, "answer ListMetadata with PERMISSION_DENIED")
	hang       = flag.Bool("metadata-hangs", false, "never answer ListMetadata")
	twice      = flag.Bool("twice", false, "ask about each pin once more, at once and after the cache was cleared")
	closeAfter = flag.Duration("close-after", 0, "close the plugin so long after the checks were enqueued")
	memory     = flag.Bool("memory", false, "say how much memory the plugin had at most (Linux)")
	wait       = flag.Duration("wait", 60*time.Second, "wait so long for each verdict")
)

// repo is a repository of which every instance has the same metadata.
type repo struct {
	calls chan *repopb.ListMetadataRequest
}

func (r *repo) ListMetadata(ctx context.Context, in *repopb.ListMetadataRequest, _ ...grpc.CallOption) (*repopb.ListMetadataResponse, error) {
	select {
	case r.calls <- in:
	default:
	}
	if *hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if *deny {
		return nil, status.Errorf(codes.PermissionDenied, "no metadata for you")
	}
	start := 0
	if in.PageToken != "" {
		fmt.Sscanf(in.PageToken, "start-from-%d", &start)
	}
	res := &repopb.ListMetadataResponse{}
	end := min(start+int(in.PageSize), *metadata)
	for i := start; i < end; i++ {
		value := []byte(fmt.Sprintf("value %d", i))
		if *valueSize > 0 {
			value = []byte(strings.Repeat("v", *valueSize))
		}
		res.Metadata = append(res.Metadata, &repopb.InstanceMetadata{
			Key: "key", Value: value, ContentType: "text/plain", AttachedBy: "user:a@example.com",
		})
	}
	if end < *metadata {
		res.NextPageToken = fmt.Sprintf("start-from-%d", end)
	}
	return res, nil
}

type result struct {
	Pin      string `json:"pin"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Micros   int64  `json:"micros"`
	SamePins bool   `json:"same,omitempty"`
}

func main() {
	flag.Parse()
	ctx := gologger.StdConfig.Use(context.Background())
	if err := run(ctx, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "driver:", err)
		os.Exit(3)
	}
}

func run(ctx context.Context, command []string) error {
	h := &host.Host{PluginsContext: ctx}
	defer h.Close(ctx)
	r := &repo{calls: make(chan *repopb.ListMetadataRequest, 10_000)}
	if err := h.Initialize(plugin.Config{ServiceURL: *serviceURL, Repository: r}); err != nil {
		return err
	}
	p, err := h.NewAdmissionPlugin(command)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)

	var pins []common.Pin
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		name, instance, _ := strings.Cut(lines.Text(), " ")
		pins = append(pins, common.Pin{PackageName: name, InstanceID: instance})
	}
	started := time.Now()
	promises := make([]plugin.Promise, len(pins))
	for i, pin := range pins {
		promises[i] = p.CheckAdmission(pin)
	}
	if *closeAfter > 0 {
		time.Sleep(*closeAfter)
		p.Close(ctx)
	}
	show := func(pin common.Pin, promise plugin.Promise, same bool) {
		waiting, cancel := context.WithTimeout(ctx, *wait)
		defer cancel()
		err := promise.Wait(waiting)
		code := status.Code(err).String()
		if errors.Is(err, host.ErrAborted) {
			code = "ErrAborted"
		} else if errors.Is(err, context.DeadlineExceeded) {
			code = "Waiting"
		}
		message := ""
		if err != nil {
			message = err.Error()
			if s, ok := status.FromError(err); ok {
				message = s.Message()
			}
		}
		out.Encode(result{pin.PackageName, code, message, time.Since(started).Microseconds(), same})
	}
	for i, promise := range promises {
		show(pins[i], promise, false)
	}
	if *twice {
		for i, pin := range pins {
			show(pin, p.CheckAdmission(pin), p.CheckAdmission(pin) == promises[i])
		}
		p.ClearCache()
		for i, pin := range pins {
			show(pin, p.CheckAdmission(pin), p.CheckAdmission(pin) == promises[i])
		}
	}
	if *memory {
		out.Encode(map[string]any{"peakKiB": peakOfChildren()})
	}
	p.Close(ctx)
	for len(r.calls) > 0 {
		in := <-r.calls
		out.Encode(map[string]any{
			"listed": in.Package, "keys": in.Keys, "pageSize": in.PageSize, "pageToken": in.PageToken,
			"hash": in.Instance.GetHashAlgo().String(), "digest": in.Instance.GetHexDigest(),
		})
	}
	return nil
}

// peakOfChildren is the peak resident memory of the processes that this one has started.
func peakOfChildren() int {
	total := 0
	tasks, _ := filepath.Glob("/proc/self/task/*/children")
	for _, task := range tasks {
		children, _ := os.ReadFile(task)
		for _, pid := range strings.Fields(string(children)) {
			status, _ := os.ReadFile("/proc/" + pid + "/status")
			if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok {
				var kib int
				fmt.Sscan(after, &kib)
				total += kib
			}
		}
	}
	return total
}
