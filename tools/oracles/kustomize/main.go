// Renders kustomizations with the code of kustomize, one JSON value a line: files by path, and the folder to build.
// Answer: the objects in their order, or the error. With the argument "schema" it prints the OpenAPI definitions by which
// kustomize joins lists, for tools/generate-kustomize.mjs.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

type question struct {
	Files  map[string]string `json:"files"`
	Folder string            `json:"folder"`
}

type answer struct {
	Objects []any  `json:"objects"`
	Error   string `json:"error,omitempty"`
}

func build(asked question) answer {
	// Schemas that a kustomization names stay for the process.
	for _, content := range asked.Files {
		if strings.Contains(strings.ToLower(content), "openapi") {
			openapi.ResetOpenAPI()
			defer openapi.ResetOpenAPI()
			break
		}
	}
	files := filesys.MakeFsInMemory()
	for name, content := range asked.Files {
		if err := files.MkdirAll(path.Dir("/app/" + name)); err != nil {
			return answer{Error: err.Error()}
		}
		if err := files.WriteFile("/app/"+name, []byte(content)); err != nil {
			return answer{Error: err.Error()}
		}
	}
	// As the command does when --reorder is not given.
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	made, err := krusty.MakeKustomizer(options).Run(files, path.Join("/app", asked.Folder))
	if err != nil {
		return answer{Error: err.Error()}
	}
	objects := []any{}
	for _, resource := range made.Resources() {
		text, err := resource.MarshalJSON()
		if err != nil {
			return answer{Error: err.Error()}
		}
		objects = append(objects, json.RawMessage(text))
	}
	return answer{Objects: objects}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "schema" {
		text, err := json.Marshal(openapi.Schema().Definitions)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Stdout.Write(text)
		return
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		given := func() (result answer) {
			defer func() {
				if reason := recover(); reason != nil {
					result = answer{Error: fmt.Sprint("panic: ", reason)}
				}
			}()
			return build(asked)
		}()
		line, _ := json.Marshal(given)
		fmt.Fprintln(out, string(line))
		// Kustomize ends the process where it cannot write an object.
		out.Flush()
	}
}
