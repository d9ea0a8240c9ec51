// Every component of a CycloneDX document says under which license it may be used.
package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/extism/go-pdk"
)

// verdict is the answer of the contract "admission", version 1.
type verdict struct {
	Allowed bool     `json:"allowed"`
	Reasons []reason `json:"reasons"`
}

type reason struct {
	Rule     string `json:"rule"`
	Message  string `json:"message"`
	Path     string `json:"path"`
	Severity string `json:"severity"`
}

// maxReasons keeps a verdict about a document of any size below the host's bound.
const maxReasons = 1000

//go:wasmexport admission_check
func admissionCheck() int32 {
	// Maps, no structs: encoding/json takes a struct's keys in any case, and nobody else does.
	var request map[string]any
	if err := json.Unmarshal(pdk.Input(), &request); err != nil {
		return fail(err)
	}
	object, isObject := request["object"].(map[string]any)
	if !isObject {
		return fail(errors.New("the request has no object to judge"))
	}
	reasons := judge(object)
	if more := len(reasons) - maxReasons; more > 0 {
		reasons = reasons[:maxReasons]
		reasons[maxReasons-1].Message += fmt.Sprintf(" (and %d reasons more)", more)
	}
	output, err := json.Marshal(verdict{Allowed: len(reasons) == 0, Reasons: reasons})
	if err != nil {
		return fail(err)
	}
	pdk.Output(output)
	return 0
}

func fail(err error) int32 {
	pdk.SetError(fmt.Errorf("Cannot judge the document: %w", err))
	return 1
}

func main() {}
