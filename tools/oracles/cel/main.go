// Command cel answers what the API server's CEL environment makes of an expression: one JSON question a line, one
// answer a line. With a schema it also answers what the validator of custom resources makes of an object.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	schemacel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

type question struct {
	Minor  uint                           `json:"minor"`
	Expr   string                         `json:"expr"`
	Vars   map[string]any                 `json:"vars"`
	Schema *apiextensionsv1.JSONSchemaProps `json:"schema"`
}

type answer struct {
	Compile string  `json:"compile,omitempty"`
	Type    string  `json:"type,omitempty"`
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	Value   string  `json:"value,omitempty"`
	Error   string  `json:"error,omitempty"`
	Cost    float64 `json:"cost"`
	// Of a schema: for each rule what it costs at most, or why it does not compile.
	Rules []rule `json:"rules,omitempty"`
}

type rule struct {
	Error string  `json:"error,omitempty"`
	Max   float64 `json:"max"`
	Times float64 `json:"times"`
}

func text(v ref.Val) string {
	if types.IsError(v) {
		return "error"
	}
	out := types.Format(v)
	return out
}

func answerTo(q question) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			a.Compile = fmt.Sprintf("panic: %v", r)
		}
	}()
	base := environment.MustBaseEnvSet(version.MajorMinor(1, q.Minor))
	if q.Schema != nil {
		return schemaAnswer(q, base)
	}
	env := base.StoredExpressionsEnv()
	opts := []cel.EnvOption{}
	for name := range q.Vars {
		opts = append(opts, cel.Variable(name, cel.DynType))
	}
	env, err := env.Extend(opts...)
	if err != nil {
		a.Compile = err.Error()
		return a
	}
	checked, issues := env.Compile(q.Expr)
	if issues != nil && issues.Err() != nil {
		a.Compile = issues.Err().Error()
		return a
	}
	a.Type = checked.OutputType().String()
	if est, err := env.EstimateCost(checked, &library.CostEstimator{SizeEstimator: nothing{}}); err == nil {
		a.Min, a.Max = float64(est.Min), float64(est.Max)
	}
	program, err := env.Program(checked)
	if err != nil {
		a.Compile = "program: " + err.Error()
		return a
	}
	vars := map[string]any{}
	for name, value := range q.Vars {
		vars[name] = natural(value)
	}
	value, details, err := program.ContextEval(context.Background(), vars)
	if details != nil && details.ActualCost() != nil {
		a.Cost = float64(*details.ActualCost())
	}
	if err != nil {
		a.Error = err.Error()
		return a
	}
	a.Value = text(value)
	return a
}

// natural makes whole numbers int64, as the server's JSON decoder does.
func natural(v any) any {
	switch t := v.(type) {
	case float64:
		if t == math.Trunc(t) && math.Abs(t) < 1<<53 {
			return int64(t)
		}
	case []any:
		for i := range t {
			t[i] = natural(t[i])
		}
	case map[string]any:
		for k := range t {
			t[k] = natural(t[k])
		}
	}
	return v
}

type nothing struct{}

func (nothing) EstimateSize(checker.AstNode) *checker.SizeEstimate { return nil }
func (nothing) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

func schemaAnswer(q question, base *environment.EnvSet) (a answer) {
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(q.Schema, &internal, nil); err != nil {
		a.Compile = err.Error()
		return a
	}
	s, err := schema.NewStructural(&internal)
	if err != nil {
		a.Compile = err.Error()
		return a
	}
	results, err := schemacel.Compile(s, model.SchemaDeclType(s, false), math.MaxInt64, base, schemacel.NewExpressionsEnvLoader())
	if err != nil {
		a.Compile = err.Error()
		return a
	}
	for _, r := range results {
		out := rule{Max: float64(r.MaxCost), Times: float64(r.MaxCardinality)}
		if r.Error != nil {
			out.Error = r.Error.Detail
		}
		a.Rules = append(a.Rules, out)
	}
	return a
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<28)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		line, err := json.Marshal(answerTo(q))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		out.Write(line)
		out.WriteByte('\n')
	}
}
