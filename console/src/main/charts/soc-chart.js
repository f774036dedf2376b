// A chart. The property `model` is a JSON text:
//   {"kind": "bar" | "line", "x": [label, ...] | null, "series": [{"name", "tone", "data": [number | null, ...] | [[ms, number], ...]}],
//    "unit", "max": number | null, "rotate": boolean, "marks": [{"at": number, "label"}]}
// Without `x` the axis is time, in milliseconds since the epoch, told in the zone of the browser. Tones are names of colours of soc.css.
import { init, use } from 'echarts/core';
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

class SocChart extends HTMLElement {
  #model = '';
  #chart = null;

  get model() { return this.#model; }
  set model(text) { this.#model = text; this.#draw(); }

  connectedCallback() {
    this._size = new ResizeObserver(() => this.#chart ? this.#chart.resize() : this.#draw());
    this._size.observe(this);
    this._theme = new MutationObserver(() => this.#draw());
    this._theme.observe(document.documentElement, { attributes: true, attributeFilter: ['theme', 'style'] });
    this.#draw();
  }

  disconnectedCallback() {
    this._size.disconnect();
    this._theme.disconnect();
    this.#chart?.dispose();
    this.#chart = null;
  }

  // Colours stand as light-dark() in custom properties; the browser resolves them on a real element only.
  #colour(name) {
    const probe = document.createElement('i');
    probe.style.color = `var(--${name})`;
    this.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  }

  #draw() {
    if (!this.isConnected || !this.#model || !this.clientWidth || !this.clientHeight) return;
    const m = JSON.parse(this.#model);
    const text = this.#colour('mut'), line = this.#colour('line'), panel = this.#colour('bg'), strong = this.#colour('text');
    this.#chart ??= init(this, null, { renderer: 'svg' });
    const axis = { axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: text, fontSize: 11, hideOverlap: true } };
    this.#chart.setOption({
      animation: false,
      textStyle: { fontFamily: getComputedStyle(this).fontFamily },
      grid: { left: 6, right: 12, top: m.series.length > 1 ? 28 : 10, bottom: 4, containLabel: true },
      legend: m.series.length > 1 ? { top: 0, right: 0, itemHeight: 8, textStyle: { color: text, fontSize: 11 } } : undefined,
      tooltip: {
        trigger: 'axis', confine: true, renderMode: 'richText', backgroundColor: panel, borderColor: line, textStyle: { color: strong, fontSize: 12 },
        valueFormatter: value => value == null ? '—' : `${Math.round(value * 100) / 100} ${m.unit || ''}`.trim(),
      },
      xAxis: m.x ? { ...axis, type: 'category', data: m.x, axisLabel: { ...axis.axisLabel, interval: m.rotate ? 0 : 'auto', rotate: m.rotate ? 35 : 0, width: 110, overflow: 'truncate' } }
        : { ...axis, type: 'time', splitNumber: 3, splitLine: { show: false } },
      yAxis: { ...axis, type: 'value', max: m.max ?? undefined, min: 0, minInterval: m.max ? undefined : 1, splitLine: { lineStyle: { color: line, opacity: .6 } } },
      series: m.series.map((one, i) => {
        const colour = this.#colour(one.tone || 'acc');
        return {
          name: one.name, type: m.kind, data: one.data, step: one.step ? 'end' : false, showSymbol: one.data.length < 40, symbolSize: 5,
          itemStyle: { color: colour }, lineStyle: { color: colour, width: 2, type: i % 2 ? 'dashed' : 'solid' }, barMaxWidth: 34,
          markLine: i || !m.marks?.length ? undefined : {
            symbol: 'none', silent: true, label: { color: text, fontSize: 11, position: 'insideEndTop', formatter: mark => mark.name },
            lineStyle: { color: this.#colour('warn'), type: 'dashed' }, data: m.marks.map(mark => ({ yAxis: mark.at, name: mark.label })),
          },
        };
      }),
    }, { notMerge: true });
  }
}
customElements.define('soc-chart', SocChart);
