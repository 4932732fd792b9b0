#!/usr/bin/env bash
# etcd 3.4.23 with some links between its nodes cut, under load through each node, in network namespaces.
#
# One would have guessed: while a majority reaches its leader, clients of every node are served, as a node that does not reach the leader reaches one that does.
# It is so: the leader stays, and clients of a node that it does not reach are not served for as long as that lasts (60 s and two writes, which were on their way).
#
# Prints versions and what was seen in a line, and more of each node; fails if the leader changed, or the node that was cut off from it wrote more than five times in 20 s.
# `findings/etcd-half-cut.sh chain 60` does the same with five nodes in a chain, for comparison with our own (AKKAPAXOS_CUT_SECONDS=60 scripts/test --filter HalfCut), and
# judges nothing. Needs root and curl.
# Usage: findings/etcd-half-cut.sh [three|chain] [SECONDS]
set -euo pipefail
topology=${1:-three} seconds=${2:-20} version=3.4.23-4+b4
case $topology in three) size=3 ;; chain) size=5 ;; *) echo "three or chain" >&2; exit 2 ;; esac

name=efx$$ net=10.214.$(($$ % 256)) work=$(mktemp -d)
pids=()
tidy() {
  kill -9 "${pids[@]}" 2>/dev/null || true # nothing of theirs is needed any more
  wait 2>/dev/null || true
  for n in $(seq "$size"); do ip link del "$name-$n" 2>/dev/null || true; ip netns del "$name-$n" 2>/dev/null || true; done
  ip link del "$name" 2>/dev/null || true
  rm -rf "$work"
}
trap tidy EXIT
(cd "$work" && apt-get download -qq "etcd-server=$version" && dpkg -x etcd-server_*.deb etcd)
etcd() { "$work/etcd/usr/bin/etcd" "$@"; }

ip link add "$name" type bridge
ip addr add "$net.254/24" dev "$name"
ip link set "$name" up
initial=
for n in $(seq "$size"); do
  ip netns add "$name-$n"
  ip link add "$name-$n" type veth peer name eth0 netns "$name-$n"
  ip link set "$name-$n" master "$name" up
  ip -n "$name-$n" addr add "$net.$n/24" dev eth0
  ip -n "$name-$n" link set lo up
  ip -n "$name-$n" link set eth0 up
  ip -n "$name-$n" rule add pref 100 lookup local # a cut has to come before it
  ip -n "$name-$n" rule del pref 0
  initial+=${initial:+,}e$n=http://$net.$n:2380
done
for n in $(seq "$size"); do
  ip netns exec "$name-$n" "$work/etcd/usr/bin/etcd" --name "e$n" --data-dir "$work/$n" --listen-client-urls "http://$net.$n:2379" --advertise-client-urls "http://$net.$n:2379" \
    --listen-peer-urls "http://$net.$n:2380" --initial-advertise-peer-urls "http://$net.$n:2380" --initial-cluster "$initial" > "$work/$n.log" 2>&1 &
  pids+=($!)
done

# Each writes through its node, one after the other; a line with the time, in ms, for each answer.
load() {
  local n=$1 i=0
  while :; do
    i=$((i + 1))
    if curl -sf -m 2 -o /dev/null -d "{\"key\":\"$(printf 'n%s-%s' "$n" "$i" | base64)\",\"value\":\"eA==\"}" "http://$net.$n:2379/v3/kv/put"; then
      echo $(($(date +%s%N) / 1000000)) >> "$work/$n.times"
    fi
    sleep 0.02
  done
}
for n in $(seq "$size"); do load "$n" & pids+=($!); done
for n in $(seq "$size"); do until [[ -s $work/$n.times ]]; do sleep 0.1; done; done
sleep 2

# A leader says so once in each term.
leads() { cat "$work"/*.log | grep -o 'became leader at term [0-9]*' | sort -u | wc -l; }
leader=$(grep -l 'became leader at term' "$work"/*.log | head -1)
leader=$(basename "$leader" .log)
before=$(leads) since=$(($(date +%s%N) / 1000000))
cut() { ip -n "$name-$1" rule add pref 10 from "$net.$2" blackhole; ip -n "$name-$2" rule add pref 10 from "$net.$1" blackhole; }
if [[ $topology == three ]]; then
  other=$((leader % 3 + 1))
  what="link $leader-$other cut, of the leader"
  cut "$leader" "$other"
else
  what="chain 1-2-3-4-5, led by $leader before"
  for a in 1 2 3 4 5; do for ((b = a + 2; b <= 5; b++)); do cut "$a" "$b"; done; done
fi
sleep "$seconds"
echo "$(etcd --version | head -1), $what, $seconds s: $(($(leads) - before)) changes of leader"
until=$(($(date +%s%N) / 1000000))
for n in $(seq "$size"); do
  awk -v n="$n" -v since="$since" -v until="$until" \
    '$1 < since { next } { if (!last) last = since; if ($1 - last > gap) gap = $1 - last; last = $1; count++ } END { if (!last) last = since; if (until - last > gap) gap = until - last; printf "  node %s: %d writes, longest gap %d ms\n", n, count, gap }' "$work/$n.times"
done
if [[ $topology == three ]]; then
  written=$(awk -v since="$since" '$1 >= since { n++ } END { print n + 0 }' "$work/$other.times")
  [[ $(leads) -eq $before && $written -le 5 ]] || { echo "not as before: $(($(leads) - before)) changes of leader, $written writes by node $other" >&2; exit 1; }
fi
