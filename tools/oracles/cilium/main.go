// Answers questions about policies with the policy engine of Cilium, one JSON value a line. A world (CiliumNetworkPolicy,
// CiliumClusterwideNetworkPolicy and NetworkPolicy objects, namespaces, CIDR groups, peers, packets): is each packet allowed
// at its source and at its destination. {"parse": object}: why Cilium refuses a policy, empty where it does not.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"strings"
	"sync"

	"github.com/cilium/cilium/pkg/crypto/certificatemanager"
	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	envoypolicy "github.com/cilium/cilium/pkg/envoy/policy"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	"github.com/cilium/cilium/pkg/k8s"
	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slim_corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
	slim_networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	slim_metav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	policyutils "github.com/cilium/cilium/pkg/policy/utils"
	ciliumTypes "github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"
)

const clusterName = "default"

var logger = slog.New(slog.NewTextHandler(io.Discard, nil))

type port struct {
	Port     int    `json:"port"`
	Name     string `json:"name"`
	Protocol string `json:"protocol"`
}

type peer struct {
	Namespace      string            `json:"namespace"`
	Name           string            `json:"name"`
	Labels         map[string]string `json:"labels"`
	ServiceAccount string            `json:"serviceAccount"`
	IP             string            `json:"ip"`
	// An address outside of the cluster.
	External bool   `json:"external"`
	Ports    []port `json:"ports"`
}

type packet struct {
	From     int    `json:"from"`
	To       int    `json:"to"`
	Port     int    `json:"port"`
	Protocol string `json:"protocol"`
}

type question struct {
	Parse      json.RawMessage              `json:"parse"`
	Policies   []json.RawMessage            `json:"policies"`
	Namespaces map[string]map[string]string `json:"namespaces"`
	CIDRGroups []v2.CiliumCIDRGroup         `json:"cidrGroups"`
	Peers      []peer                       `json:"peers"`
	Packets    []packet                     `json:"packets"`
}

func main() {
	option.Config.ClusterName = clusterName
	option.Config.EnableIPv4 = true
	option.Config.EnableIPv6 = true
	option.Config.EnableL7Proxy = true
	option.Config.EnableICMPRules = true
	option.Config.EnableNonDefaultDenyPolicies = true
	option.Config.EnableNodeSelectorLabels = true
	api.InitEntities(clusterName)
	policy.SetPolicyEnabled(option.DefaultEnforcement)
	check(labelsfilter.ParseLabelPrefixCfg(logger, nil, nil, ""))
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var asked question
		check(json.Unmarshal(lines.Bytes(), &asked))
		given := ""
		if asked.Parse != nil {
			if _, err := rulesOf(asked.Parse); err != nil {
				given = err.Error()
			}
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

// The way of the agent: object of the API server, sanitized rules, policy entries.
func entriesOf(raw json.RawMessage) (policytypes.PolicyEntries, error) {
	kind, err := kindOf(raw)
	if err != nil {
		return nil, err
	}
	if kind == "NetworkPolicy" {
		var object slim_networkingv1.NetworkPolicy
		if err := json.Unmarshal(raw, &object); err != nil {
			return nil, err
		}
		return k8s.ParseNetworkPolicy(logger, clusterName, &object)
	}
	rules, err := rulesOf(raw)
	if err != nil {
		return nil, err
	}
	return policyutils.RulesToPolicyEntries(rules), nil
}

func kindOf(raw json.RawMessage) (string, error) {
	var meta struct {
		Kind string `json:"kind"`
	}
	err := json.Unmarshal(raw, &meta)
	return meta.Kind, err
}

func rulesOf(raw json.RawMessage) (api.Rules, error) {
	kind, err := kindOf(raw)
	if err != nil {
		return nil, err
	}
	if kind == "CiliumClusterwideNetworkPolicy" {
		var object v2.CiliumClusterwideNetworkPolicy
		if err := json.Unmarshal(raw, &object); err != nil {
			return nil, err
		}
		return object.Parse(logger, clusterName)
	}
	var object v2.CiliumNetworkPolicy
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, err
	}
	return object.Parse(logger, clusterName)
}

// One endpoint of the datapath, with the ports that its containers name.
type owner struct {
	id    uint64
	named ciliumTypes.NamedPortMap
}

func (o *owner) GetID() uint64 { return o.id }
func (o *owner) GetIngressNamedPort(name string, proto u8proto.U8proto) uint16 {
	number, err := o.named.GetNamedPort(name, proto)
	if err != nil {
		return 0
	}
	return number
}
func (o *owner) PolicyDebug(string, ...any) {}
func (o *owner) IsHost() bool               { return false }
func (o *owner) PreviousMapStateSizes() policy.MapStateSizes {
	return policy.MapStateSizes{}
}
func (o *owner) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	done := make(chan bool)
	close(done)
	return done
}

type namedPorts struct{ ciliumTypes.NamedPortMultiMap }

func (n namedPorts) GetNamedPorts() ciliumTypes.NamedPortMultiMap { return n.NamedPortMultiMap }

// One character a packet: both sides allow it, only the source (egress) or only the destination (ingress), or neither.
func world(asked question) string {
	repo := policy.NewPolicyRepository(logger, identity.ListReservedIdentities(), nil,
		envoypolicy.NewEnvoyL7RulesTranslator(logger, certificatemanager.NewMockSecretManagerInline()),
		identitymanager.NewIDManager(logger), nil)
	named := ciliumTypes.NewNamedPortMultiMap()
	repo.SetNamedPortsGetter(namedPorts{named})
	identities := make([]*identity.Identity, len(asked.Peers))
	owners := make([]*owner, len(asked.Peers))
	added := identity.IdentityMap{}
	for i, each := range asked.Peers {
		if each.External {
			identities[i] = outside(asked.CIDRGroups, each.IP, i)
		} else {
			pod := podOf(each)
			namespace := &slim_corev1.Namespace{ObjectMeta: slim_metav1.ObjectMeta{Name: each.Namespace, Labels: asked.Namespaces[each.Namespace]}}
			ports, lbls := k8s.GetPodMetadata(logger, namespace, pod)
			known, _ := labelsfilter.Filter(labels.Map2Labels(lbls, labels.LabelSourceK8s))
			identities[i] = identity.NewIdentity(identity.NumericIdentity(1000+i), known)
			owners[i] = &owner{id: uint64(i + 1), named: ports}
			named.Update(identities[i].ID, nil, ports)
		}
		added[identities[i].ID] = identities[i].LabelArray
	}
	repo.GetSelectorCache().UpdateIdentities(added, nil, &sync.WaitGroup{})
	repo.GetSubjectSelectorCache().UpdateIdentities(added, nil, &sync.WaitGroup{})
	for _, raw := range asked.Policies {
		entries, err := entriesOf(raw)
		check(err)
		repo.MustAddPolicyEntries(entries)
	}
	distilled := make([]*policy.EndpointPolicy, len(asked.Peers))
	for i, each := range owners {
		if each == nil {
			continue
		}
		selected, _, err := repo.ComputeSelectorPolicy(identities[i])
		check(err)
		made := selected.DistillPolicy(logger, each, map[string]uint16{policy.FallbackRedirectID: math.MaxUint16})
		made.Ready()
		distilled[i] = made
	}
	answers := make([]byte, len(asked.Packets))
	for i, p := range asked.Packets {
		proto, err := u8proto.ParseProtocol(p.Protocol)
		check(err)
		egress, ingress := true, true
		if made := distilled[p.From]; made != nil {
			entry, _, _ := made.Lookup(policy.EgressKey().WithIdentity(identities[p.To].ID).WithPortProto(proto, uint16(p.Port)))
			egress = !entry.IsDeny()
		}
		if made := distilled[p.To]; made != nil {
			entry, _, _ := made.Lookup(policy.IngressKey().WithIdentity(identities[p.From].ID).WithPortProto(proto, uint16(p.Port)))
			ingress = !entry.IsDeny()
		}
		switch {
		case egress && ingress:
			answers[i] = '+'
		case egress:
			answers[i] = 'e'
		case ingress:
			answers[i] = 'i'
		default:
			answers[i] = '-'
		}
	}
	for _, made := range distilled {
		if made != nil {
			made.Detach(logger)
		}
	}
	return string(answers)
}

func podOf(each peer) *slim_corev1.Pod {
	pod := &slim_corev1.Pod{}
	pod.Name = each.Name
	pod.Namespace = each.Namespace
	pod.Labels = each.Labels
	pod.Spec.ServiceAccountName = each.ServiceAccount
	container := slim_corev1.Container{Name: "c"}
	for _, p := range each.Ports {
		container.Ports = append(container.Ports, slim_corev1.ContainerPort{
			Name: p.Name, ContainerPort: int32(p.Port), Protocol: slim_corev1.Protocol(p.Protocol),
		})
	}
	pod.Spec.Containers = []slim_corev1.Container{container}
	return pod
}

// An address has the labels of its own prefix and of the CIDR groups in which it lies (pkg/policy/k8s/cilium_cidr_group.go).
func outside(groups []v2.CiliumCIDRGroup, text string, number int) *identity.Identity {
	address := netip.MustParseAddr(text)
	lbls := labels.GetCIDRLabels(netip.PrefixFrom(address, address.BitLen()))
	for _, group := range groups {
		for _, block := range group.Spec.ExternalCIDRs {
			prefix, err := netip.ParsePrefix(string(block))
			if err != nil || !prefix.Contains(address) {
				continue
			}
			ref := api.LabelForCIDRGroupRef(group.Name)
			lbls[ref.Key] = ref
			for key, value := range group.Labels {
				if strings.HasPrefix(key, "io.cilium") {
					continue
				}
				label := labels.NewLabel(key, value, labels.LabelSourceCIDRGroup)
				lbls[label.Key] = label
				encoded := labels.EncodedCIDRGroupLabel(label.Key, label.Value, label.Source)
				lbls[encoded.Key] = encoded
			}
		}
	}
	return identity.NewIdentity(identity.IdentityScopeLocal+identity.NumericIdentity(number+1), lbls)
}
