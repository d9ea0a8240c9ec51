// Serves CIPD's Repository over pRPC, as a proxy of the cipd client does: ListMetadata from a list of
// KEY=VALUE arguments, the same for every instance, in pages. Prints a line when it listens, and ends
// with standard input.
//
//	repository unix:PATH|tcp:PORT KEY=VALUE...
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	casgrpcpb "go.chromium.org/luci/cipd/api/cipd/v1/caspb/grpcpb"
	"go.chromium.org/luci/cipd/api/cipd/v1/repopb"
	repogrpcpb "go.chromium.org/luci/cipd/api/cipd/v1/repopb/grpcpb"
	"go.chromium.org/luci/cipd/client/cipd/proxyserver"
	"go.chromium.org/luci/cipd/client/cipd/proxyserver/proxypb"
)

type repository struct {
	repogrpcpb.UnimplementedRepositoryServer
	entries []*repopb.InstanceMetadata
}

func (r *repository) ListMetadata(_ context.Context, in *repopb.ListMetadataRequest) (*repopb.ListMetadataResponse, error) {
	if strings.HasPrefix(in.Package, "secret/") {
		return nil, status.Errorf(codes.PermissionDenied, "nobody may see %q", in.Package)
	}
	start, _ := strconv.Atoi(in.PageToken)
	var wanted []*repopb.InstanceMetadata
	for _, entry := range r.entries {
		if len(in.Keys) == 0 || contains(in.Keys, entry.Key) {
			wanted = append(wanted, entry)
		}
	}
	res := &repopb.ListMetadataResponse{}
	end := min(len(wanted), start+int(in.PageSize))
	res.Metadata = wanted[start:end]
	if end < len(wanted) {
		res.NextPageToken = strconv.Itoa(end)
	}
	return res, nil
}

func contains(all []string, one string) bool {
	for _, item := range all {
		if item == one {
			return true
		}
	}
	return false
}

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "repository:", err)
		os.Exit(1)
	}
}

func run(address string, pairs []string) error {
	network, at, _ := strings.Cut(address, ":")
	if network == "tcp" {
		at = "127.0.0.1:" + at
	}
	listener, err := net.Listen(network, at)
	if err != nil {
		return err
	}
	repo := &repository{}
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		repo.entries = append(repo.entries, &repopb.InstanceMetadata{
			Key: key, Value: []byte(value), ContentType: "text/plain",
			AttachedBy: "user:builder@example.com",
			AttachedTs: timestamppb.New(timestamppb.Now().AsTime().Truncate(0)),
		})
	}
	ctx := context.Background()
	server := &proxyserver.Server{
		Listener:         listener,
		Repository:       repo,
		Storage:          &casgrpcpb.UnimplementedStorageServer{},
		CASURLObfuscator: proxyserver.NewCASURLObfuscator(),
		CAS: func(_ *proxypb.ProxiedCASObject, rw http.ResponseWriter, _ *http.Request) {
			http.Error(rw, "nothing to fetch here", http.StatusNotFound)
		},
	}
	fmt.Println(listener.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		server.Stop(ctx)
	}()
	return server.Serve(ctx)
}
