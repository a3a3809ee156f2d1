// Judges Pods with the code of Pod Security admission, one JSON value a line: the metadata and spec of a Pod, a level and
// a version. Answer: reason and detail of every check that forbids it, in order.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type question struct {
	Pod   corev1.Pod `json:"pod"`
	Level string     `json:"level"`
	Minor int        `json:"minor"`
}

type fault struct {
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

func main() {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		fail(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<22)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fail(err)
		}
		faults := []fault{}
		version := api.LevelVersion{Level: api.Level(asked.Level), Version: api.MajorMinorVersion(1, asked.Minor)}
		for _, result := range evaluator.EvaluatePod(version, &asked.Pod.ObjectMeta, &asked.Pod.Spec) {
			if !result.Allowed {
				faults = append(faults, fault{result.ForbiddenReason, result.ForbiddenDetail})
			}
		}
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(faults); err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
