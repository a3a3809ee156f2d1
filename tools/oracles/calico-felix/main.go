// Says with the code of Calico which packets pass: worlds of Kubernetes and Calico objects, one JSON value a line, go through
// its update processors and Felix's calculation graph; app-policy/checker judges each packet by what comes out. Answer: one
// character a packet, 1 or 0.
//
// It belongs into a checkout of projectcalico/calico (its module cannot be had without github.com/projectcalico/api): copy
// the file to oracle/main.go there and run `go build ./oracle`.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	cnp "sigs.k8s.io/network-policy-api/apis/v1alpha2"

	"github.com/projectcalico/calico/app-policy/checker"
	"github.com/projectcalico/calico/app-policy/policystore"
	"github.com/projectcalico/calico/felix/calc"
	"github.com/projectcalico/calico/felix/config"
	"github.com/projectcalico/calico/felix/proto"
	"github.com/projectcalico/calico/felix/rules"
	"github.com/projectcalico/calico/felix/types"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/api"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/k8s/conversion"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/model"
	up "github.com/projectcalico/calico/libcalico-go/lib/backend/syncersv1/updateprocessors"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/watchersyncer"
)

type packet struct {
	// Names of pods as namespace/name; empty outside of the cluster.
	FromPod  string `json:"fromPod"`
	ToPod    string `json:"toPod"`
	From     string `json:"from"`
	To       string `json:"to"`
	Protocol int    `json:"protocol"`
	Port     int    `json:"port"`
}

type world struct {
	Objects []json.RawMessage `json:"objects"`
	Packets []packet          `json:"packets"`
}

type flow struct{ packet }

func (f *flow) GetSourceIP() net.IP                { return net.ParseIP(f.From) }
func (f *flow) GetDestIP() net.IP                  { return net.ParseIP(f.To) }
func (f *flow) GetSourcePort() int                 { return 40000 }
func (f *flow) GetDestPort() int                   { return f.Port }
func (f *flow) GetProtocol() int                   { return f.Protocol }
func (f *flow) GetHttpMethod() *string             { return nil }
func (f *flow) GetHttpPath() *string               { return nil }
func (f *flow) GetSourcePrincipal() *string        { return nil }
func (f *flow) GetDestPrincipal() *string          { return nil }
func (f *flow) GetSourceLabels() map[string]string { return nil }
func (f *flow) GetDestLabels() map[string]string   { return nil }

var protocolNames = map[int]string{6: "tcp", 17: "udp", 132: "sctp"}

// portSet answers what the checker asks with less than the data plane knows: named ports by the number alone, and SCTP
// without its name.
type portSet struct {
	policystore.IPSet
	now **flow
}

func (s portSet) Contains(value string) bool {
	f := *s.now
	return s.IPSet.Contains(fmt.Sprintf("%s,%s:%d", net.ParseIP(f.To), protocolNames[f.Protocol], f.Port))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

const uid = "0b1cd1d6-6f0f-4d9e-9d52-3c2a3b8a7a11"

func parse(raw json.RawMessage, into any) { must(json.Unmarshal(raw, into)) }

func key(kind, name, namespace string) model.ResourceKey {
	return model.ResourceKey{Kind: kind, Name: name, Namespace: namespace}
}

func stores(w world, now **flow) map[int]*policystore.PolicyStore {
	conf := config.New()
	conf.FelixHostname = "node"
	es := calc.NewEventSequencer(conf)
	made := map[int]*policystore.PolicyStore{4: policystore.NewPolicyStore(), 6: policystore.NewPolicyStore()}
	es.Callback = func(message any) {
		for version, store := range made {
			receive(store, version, message, now)
		}
	}
	graph := calc.NewCalculationGraph(es, nil, conf, func() {})
	conv := conversion.NewConverter()
	send := func(processor watchersyncer.SyncerUpdateProcessor, kvp *model.KVPair) {
		results, err := processor.Process(kvp)
		must(err)
		for _, r := range results {
			graph.AllUpdDispatcher.OnUpdates([]api.Update{{KVPair: *r, UpdateType: api.UpdateTypeKVNew}})
		}
	}
	plain := func(kvp *model.KVPair) {
		graph.AllUpdDispatcher.OnUpdates([]api.Update{{KVPair: *kvp, UpdateType: api.UpdateTypeKVNew}})
	}
	profiles := up.NewProfileUpdateProcessor()
	endpoints := up.NewWorkloadEndpointUpdateProcessor()
	for _, raw := range w.Objects {
		var head struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
		}
		parse(raw, &head)
		calico := strings.Contains(head.APIVersion, "projectcalico.org")
		switch {
		case head.Kind == "Namespace":
			var o corev1.Namespace
			parse(raw, &o)
			o.UID = uid
			kvp, err := conv.NamespaceToProfile(&o)
			must(err)
			send(profiles, kvp)
		case head.Kind == "ServiceAccount":
			var o corev1.ServiceAccount
			parse(raw, &o)
			o.UID = uid
			kvp, err := conv.ServiceAccountToProfile(&o)
			must(err)
			send(profiles, kvp)
		case head.Kind == "Pod":
			var o corev1.Pod
			parse(raw, &o)
			o.Spec.NodeName = "node"
			if o.Spec.ServiceAccountName == "" {
				o.Spec.ServiceAccountName = "default"
			}
			kvps, err := conv.PodToWorkloadEndpoints(&o)
			must(err)
			for _, kvp := range kvps {
				send(endpoints, kvp)
			}
		case head.Kind == "Service":
			var o corev1.Service
			parse(raw, &o)
			kvp, err := conv.ServiceToKVP(&o)
			must(err)
			plain(kvp)
		case head.Kind == "EndpointSlice":
			var o discovery.EndpointSlice
			parse(raw, &o)
			kvp, err := conv.EndpointSliceToKVP(&o)
			must(err)
			plain(kvp)
		case head.Kind == "NetworkPolicy" && !calico:
			var o netv1.NetworkPolicy
			parse(raw, &o)
			if len(o.Spec.PolicyTypes) == 0 {
				o.Spec.PolicyTypes = []netv1.PolicyType{netv1.PolicyTypeIngress}
				if len(o.Spec.Egress) > 0 {
					o.Spec.PolicyTypes = append(o.Spec.PolicyTypes, netv1.PolicyTypeEgress)
				}
			}
			kvp, err := conv.K8sNetworkPolicyToCalico(&o)
			must(err)
			send(up.NewNetworkPolicyUpdateProcessor(model.KindKubernetesNetworkPolicy), kvp)
		case head.Kind == "ClusterNetworkPolicy":
			var o cnp.ClusterNetworkPolicy
			parse(raw, &o)
			kvp, err := conv.K8sClusterNetworkPolicyToCalico(&o)
			must(err)
			send(up.NewGlobalNetworkPolicyUpdateProcessor(model.KindKubernetesClusterNetworkPolicy), kvp)
		case head.Kind == "NetworkPolicy":
			var o v3.NetworkPolicy
			parse(raw, &o)
			send(up.NewNetworkPolicyUpdateProcessor(v3.KindNetworkPolicy), &model.KVPair{Key: key(v3.KindNetworkPolicy, o.Name, o.Namespace), Value: &o})
		case head.Kind == "GlobalNetworkPolicy":
			var o v3.GlobalNetworkPolicy
			parse(raw, &o)
			send(up.NewGlobalNetworkPolicyUpdateProcessor(v3.KindGlobalNetworkPolicy), &model.KVPair{Key: key(v3.KindGlobalNetworkPolicy, o.Name, ""), Value: &o})
		case head.Kind == "Tier":
			var o v3.Tier
			parse(raw, &o)
			send(up.NewTierUpdateProcessor(), &model.KVPair{Key: key(v3.KindTier, o.Name, ""), Value: &o})
		case head.Kind == "NetworkSet":
			var o v3.NetworkSet
			parse(raw, &o)
			send(up.NewNetworkSetUpdateProcessor(), &model.KVPair{Key: key(v3.KindNetworkSet, o.Name, o.Namespace), Value: &o})
		case head.Kind == "GlobalNetworkSet":
			var o v3.GlobalNetworkSet
			parse(raw, &o)
			send(up.NewGlobalNetworkSetUpdateProcessor(), &model.KVPair{Key: key(v3.KindGlobalNetworkSet, o.Name, ""), Value: &o})
		default:
			panic("unknown kind " + head.Kind)
		}
	}
	graph.AllUpdDispatcher.OnDatamodelStatus(api.InSync)
	graph.Flush()
	es.Flush()
	return made
}

// The checker does not look at the IP version of rules: the data plane renders them for one version at a time.
func ofVersion(list []*proto.Rule, version int) []*proto.Rule {
	var kept []*proto.Rule
	for _, r := range list {
		if r.IpVersion == proto.IPVersion_ANY || int(r.IpVersion) == version {
			kept = append(kept, r)
		}
	}
	return kept
}

func receive(store *policystore.PolicyStore, version int, message any, now **flow) {
	switch m := message.(type) {
	case *proto.IPSetUpdate:
		set := policystore.NewIPSet(m.Type)
		for _, member := range m.Members {
			set.AddString(member)
		}
		if m.Type == proto.IPSetUpdate_IP_AND_PORT {
			set = portSet{set, now}
		}
		store.IPSetByID[m.Id] = set
	case *proto.IPSetDeltaUpdate:
		for _, member := range m.AddedMembers {
			store.IPSetByID[m.Id].AddString(member)
		}
	case *proto.ActivePolicyUpdate:
		p := &proto.Policy{
			Namespace:     m.Policy.Namespace,
			Tier:          m.Policy.Tier,
			InboundRules:  ofVersion(m.Policy.InboundRules, version),
			OutboundRules: ofVersion(m.Policy.OutboundRules, version),
		}
		store.PolicyByID[types.ProtoToPolicyID(m.Id)] = p
	case *proto.ActiveProfileUpdate:
		store.ProfileByID[types.ProtoToProfileID(m.Id)] = m.Profile
	case *proto.WorkloadEndpointUpdate:
		store.Endpoints[types.ProtoToWorkloadEndpointID(m.Id)] = m.Endpoint
	}
}

func side(store *policystore.PolicyStore, pod string, dir rules.RuleDir, f *flow) bool {
	if pod == "" {
		return true
	}
	for id, ep := range store.Endpoints {
		if id.WorkloadId != pod {
			continue
		}
		trace, err := checker.Evaluate(checker.EnforcedOnly, dir, store, ep, f)
		must(err)
		return trace[len(trace)-1].Action == rules.RuleActionAllow
	}
	panic("no endpoint " + pod)
}

func main() {
	logrus.SetLevel(logrus.FatalLevel)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var w world
		parse(lines.Bytes(), &w)
		var now *flow
		made := stores(w, &now)
		for _, p := range w.Packets {
			f := &flow{p}
			now = f
			store := made[4]
			if strings.Contains(p.From+p.To, ":") {
				store = made[6]
			}
			if side(store, p.FromPod, rules.RuleDirEgress, f) && side(store, p.ToPod, rules.RuleDirIngress, f) {
				out.WriteByte('1')
			} else {
				out.WriteByte('0')
			}
		}
		out.WriteByte('\n')
	}
}
