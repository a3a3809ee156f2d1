// Answers what client-go's util/csaupgrade makes of the managedFields of an object: one question a line
// ({"managedFields": [...], "from": ["..."], "to": "..."}), one answer a line (the new managedFields).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
)

type question struct {
	ManagedFields []any    `json:"managedFields"`
	From          []string `json:"from"`
	To            string   `json:"to"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<26)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": map[string]any{"name": "a", "managedFields": asked.ManagedFields},
		}}
		// One manager after the other, in the order of the question: the order of a Go set is no order.
		for _, name := range asked.From {
			if err := csaupgrade.UpgradeManagedFields(object, sets.New(name), asked.To); err != nil {
				panic(err)
			}
		}
		answer, err := json.Marshal(object.GetManagedFields())
		if err != nil {
			panic(err)
		}
		fmt.Println(string(answer))
	}
}
