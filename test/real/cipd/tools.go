//go:build tools

// Package tools pins what else the tests build from the same module.
package tools

import (
	_ "go.chromium.org/luci/cipd/client/cipd/plugin/plugins/admission/example"
	_ "go.chromium.org/luci/cipd/client/cmd/cipd"
)
