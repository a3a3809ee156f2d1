// Answers questions about NetworkPolicy with the engine of cyclonus, one JSON value a line. A world (policies, namespaces,
// peers, packets): is each packet allowed at its source and at its destination. {"cases":true}: the generated cases of
// cyclonus, step by step, each with its world and the table that its own engine gives.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"

	"github.com/mattfenwick/cyclonus/pkg/connectivity"
	"github.com/mattfenwick/cyclonus/pkg/connectivity/probe"
	"github.com/mattfenwick/cyclonus/pkg/generator"
	"github.com/mattfenwick/cyclonus/pkg/kube"
	"github.com/mattfenwick/cyclonus/pkg/matcher"
	"github.com/sirupsen/logrus"
	v1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

type peer struct {
	Namespace string            `json:"namespace"`
	Name      string            `json:"name,omitempty"`
	Labels    map[string]string `json:"labels"`
	IP        string            `json:"ip"`
	// An address outside of the cluster.
	External bool   `json:"external,omitempty"`
	Ports    []port `json:"ports,omitempty"`
}

type port struct {
	Port     int    `json:"port"`
	Name     string `json:"name"`
	Protocol string `json:"protocol"`
}

type packet struct {
	From int `json:"from"`
	To   int `json:"to"`
	port
}

type question struct {
	Cases      bool                          `json:"cases"`
	Policies   []*networkingv1.NetworkPolicy `json:"policies"`
	Namespaces map[string]map[string]string  `json:"namespaces"`
	Peers      []peer                        `json:"peers"`
	Packets    []packet                      `json:"packets"`
}

type result struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
	Allowed  string `json:"allowed"`
}

type step struct {
	Policies   []*networkingv1.NetworkPolicy `json:"policies"`
	Namespaces map[string]map[string]string  `json:"namespaces"`
	Pods       []peer                        `json:"pods"`
	Results    []result                      `json:"results"`
}

type testCase struct {
	Description string   `json:"description"`
	Tags        []string `json:"tags"`
	Steps       []step   `json:"steps"`
}

func main() {
	logrus.SetLevel(logrus.ErrorLevel)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var asked question
		check(json.Unmarshal(lines.Bytes(), &asked))
		var given any
		if asked.Cases {
			given = cases()
		} else {
			given = world(asked)
		}
		line, err := json.Marshal(given)
		check(err)
		fmt.Fprintln(out, string(line))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// One character a packet: both sides allow it, only the source (egress) or only the destination (ingress), or neither.
func world(asked question) string {
	policy := matcher.BuildNetworkPolicies(false, asked.Policies)
	peers := make([]*matcher.TrafficPeer, len(asked.Peers))
	for i, p := range asked.Peers {
		peers[i] = &matcher.TrafficPeer{IP: p.IP}
		if !p.External {
			peers[i].Internal = &matcher.InternalPeer{
				PodLabels:       p.Labels,
				NamespaceLabels: asked.Namespaces[p.Namespace],
				Namespace:       p.Namespace,
			}
		}
	}
	answers := make([]byte, len(asked.Packets))
	for i, p := range asked.Packets {
		allowed := policy.IsTrafficAllowed(&matcher.Traffic{
			Source:           peers[p.From],
			Destination:      peers[p.To],
			ResolvedPort:     p.Port,
			ResolvedPortName: p.Name,
			Protocol:         v1.Protocol(p.Protocol),
		})
		switch {
		case allowed.IsAllowed():
			answers[i] = '+'
		case allowed.Egress.IsAllowed():
			answers[i] = 'e'
		case allowed.Ingress.IsAllowed():
			answers[i] = 'i'
		default:
			answers[i] = '-'
		}
	}
	return string(answers)
}

func cases() []testCase {
	namespaces := []string{"x", "y", "z"}
	protocols := []v1.Protocol{v1.ProtocolTCP, v1.ProtocolUDP, v1.ProtocolSCTP}
	fresh := func() (kube.IKubernetes, *probe.Resources) {
		mock := kube.NewMockKubernetes(1.0)
		resources, err := probe.NewDefaultResources(
			mock, namespaces, []string{"a", "b", "c"}, []int{80, 81}, protocols, nil, 60, false, "registry.k8s.io")
		check(err)
		return mock, resources
	}
	_, resources := fresh()
	zc, err := resources.GetPod("z", "c")
	check(err)
	given := []testCase{}
	for _, all := range generator.NewTestCaseGenerator(true, zc.IP, namespaces, nil, nil).GenerateAllTestCases() {
		mock, resources := fresh()
		state := &connectivity.TestCaseState{Kubernetes: mock, Resources: resources}
		one := testCase{Description: all.Description, Tags: all.Tags.Keys(), Steps: []step{}}
		for _, testStep := range all.Steps {
			for _, action := range testStep.Actions {
				check(act(state, action))
			}
			one.Steps = append(one.Steps, table(state, testStep.Probe))
		}
		given = append(given, one)
	}
	return given
}

func act(state *connectivity.TestCaseState, action *generator.Action) error {
	switch {
	case action.CreatePolicy != nil:
		return state.CreatePolicy(action.CreatePolicy.Policy)
	case action.UpdatePolicy != nil:
		return state.UpdatePolicy(action.UpdatePolicy.Policy)
	case action.DeletePolicy != nil:
		return state.DeletePolicy(action.DeletePolicy.Namespace, action.DeletePolicy.Name)
	case action.CreateNamespace != nil:
		return state.CreateNamespace(action.CreateNamespace.Namespace, action.CreateNamespace.Labels)
	case action.SetNamespaceLabels != nil:
		return state.SetNamespaceLabels(action.SetNamespaceLabels.Namespace, action.SetNamespaceLabels.Labels)
	case action.DeleteNamespace != nil:
		return state.DeleteNamespace(action.DeleteNamespace.Namespace)
	case action.ReadNetworkPolicies != nil:
		return state.ReadPolicies(action.ReadNetworkPolicies.Namespaces)
	case action.CreatePod != nil:
		return state.CreatePod(action.CreatePod.Namespace, action.CreatePod.Pod, action.CreatePod.Labels)
	case action.SetPodLabels != nil:
		return state.SetPodLabels(action.SetPodLabels.Namespace, action.SetPodLabels.Pod, action.SetPodLabels.Labels)
	case action.DeletePod != nil:
		return state.DeletePod(action.DeletePod.Namespace, action.DeletePod.Pod)
	}
	return fmt.Errorf("unknown action")
}

func table(state *connectivity.TestCaseState, config *generator.ProbeConfig) step {
	policy := matcher.BuildNetworkPolicies(true, state.Policies)
	runner := probe.NewSimulatedRunner(policy, &probe.JobBuilder{TimeoutSeconds: 1})
	probed := runner.RunProbeForConfig(config, state.Resources)
	given := step{Policies: append([]*networkingv1.NetworkPolicy{}, state.Policies...), Namespaces: state.Resources.Namespaces}
	for _, pod := range state.Resources.Pods {
		made := peer{Namespace: pod.Namespace, Name: pod.Name, Labels: pod.Labels, IP: pod.IP}
		for _, container := range pod.Containers {
			made.Ports = append(made.Ports, port{container.Port, container.PortName, string(container.Protocol)})
		}
		given.Pods = append(given.Pods, made)
	}
	for _, key := range probed.Wrapped.Keys() {
		for _, job := range probed.Get(key.From, key.To).JobResults {
			given.Results = append(given.Results, result{
				From: key.From, To: key.To, Protocol: string(job.Job.Protocol), Port: job.Job.ResolvedPort,
				Allowed: string(job.Combined),
			})
		}
	}
	sort.Slice(given.Results, func(i, j int) bool {
		return fmt.Sprint(given.Results[i]) < fmt.Sprint(given.Results[j])
	})
	return given
}
