// Oracle answers what the Pod Security Standards' own implementation says.
//
// "oracle checks" lists every check there is. "oracle judge FILE" reads FILE, whose lines are
// {"level","version","pod"}, and answers each with one line: the ids of the checks that forbid the pod,
// or the error with which it cannot be read.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	kjson "sigs.k8s.io/json"
)

type question struct {
	Level   string          `json:"level"`
	Version string          `json:"version"`
	Pod     json.RawMessage `json:"pod"`
}

type answer struct {
	Forbidden []string `json:"forbidden"`
	Error     string   `json:"error,omitempty"`
}

type knownCheck struct {
	ID       string   `json:"id"`
	Level    string   `json:"level"`
	Versions []string `json:"versions"`
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "judge" {
		judgeFile(os.Args[2])
		return
	}
	must(json.NewEncoder(os.Stdout).Encode(known()))
}

func judgeFile(path string) {
	file, err := os.Open(path)
	must(err)
	in := bufio.NewScanner(file)
	in.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	evaluators := map[string]policy.Evaluator{}
	for in.Scan() {
		var asked question
		must(json.Unmarshal(in.Bytes(), &asked))
		must(encoder.Encode(judge(asked, evaluators)))
	}
	must(in.Err())
	must(out.Flush())
}

func known() []knownCheck {
	var all []knownCheck
	for _, check := range policy.DefaultChecks() {
		entry := knownCheck{ID: string(check.ID), Level: string(check.Level)}
		for _, version := range check.Versions {
			entry.Versions = append(entry.Versions, version.MinimumVersion.String())
		}
		all = append(all, entry)
	}
	return all
}

// judge runs one check after the other, each in an evaluator of its own, to tell which of them forbids:
// the evaluator of all of them gives reasons without ids. What overrides a check there has to override
// it here.
func judge(asked question, evaluators map[string]policy.Evaluator) answer {
	var pod corev1.Pod
	if _, err := kjson.UnmarshalStrict(asked.Pod, &pod); err != nil {
		return answer{Forbidden: []string{}, Error: err.Error()}
	}
	setDefaults(&pod.Spec)
	level, err := api.ParseLevel(asked.Level)
	must(err)
	version, err := api.ParseVersion(asked.Version)
	must(err)
	at := api.LevelVersion{Level: level, Version: version}
	forbidden := []string{}
	for _, check := range policy.DefaultChecks() {
		if isOverridden(check.ID, at) {
			continue
		}
		results := single(check, evaluators).EvaluatePod(at, &pod.ObjectMeta, &pod.Spec)
		if !policy.AggregateCheckResults(results).Allowed {
			forbidden = append(forbidden, string(check.ID))
		}
	}
	// The whole says the same as its parts, or this program is wrong.
	whole := policy.AggregateCheckResults(all(evaluators).EvaluatePod(at, &pod.ObjectMeta, &pod.Spec))
	if len(whole.ForbiddenReasons) != len(forbidden) {
		panic(fmt.Sprintf("%v, but %v", forbidden, whole.ForbiddenReasons))
	}
	slices.Sort(forbidden)
	return answer{Forbidden: forbidden}
}

// setDefaults does what an API server does before it asks, as far as the checks can see it.
func setDefaults(spec *corev1.PodSpec) {
	for i := range spec.Volumes {
		if source := &spec.Volumes[i].VolumeSource; *source == (corev1.VolumeSource{}) {
			source.EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
}

func isOverridden(id policy.CheckID, at api.LevelVersion) bool {
	if at.Level != api.LevelRestricted {
		return false
	}
	for _, check := range policy.DefaultChecks() {
		var active *policy.VersionedCheck
		for i := range check.Versions {
			if !at.Version.Older(check.Versions[i].MinimumVersion) {
				active = &check.Versions[i]
			}
		}
		if active != nil && slices.Contains(active.OverrideCheckIDs, id) {
			return true
		}
	}
	return false
}

func single(check policy.Check, evaluators map[string]policy.Evaluator) policy.Evaluator {
	return evaluator(string(check.ID), []policy.Check{check}, evaluators)
}

func all(evaluators map[string]policy.Evaluator) policy.Evaluator {
	return evaluator("", policy.DefaultChecks(), evaluators)
}

func evaluator(key string, checks []policy.Check, known map[string]policy.Evaluator) policy.Evaluator {
	if known[key] == nil {
		made, err := policy.NewEvaluator(checks, nil)
		must(err)
		known[key] = made
	}
	return known[key]
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
