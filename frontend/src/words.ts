// Words of the page itself; those of findings, verdicts and needs come with the data.
import type { Lang } from "./model";

const WORDS = {
  skip: ["跳到地图", "Skip to the map"],
  language: ["语言", "Language"],
  print: ["打印", "Print"],
  up: ["返回总览", "Back to the overview"],
  judged_on: ["判定日 {on}", "Judged on {on}"],
  law: ["规则集 {title} {version}", "Rule set {title} {version}"],
  hash: ["校验值 {hash}", "Hash {hash}"],
  no_law: ["没有规则集覆盖这个地方，全部待核实", "No rule set covers this place: all is to be verified"],
  sample_law: ["规则集含示例数据，不能用于办案", "The rule set holds invented sample figures and must not decide real cases"],
  summary: ["总体情况", "At a glance"],
  houses: ["幢房屋", "houses"],
  houses_head: ["房屋（幢）", "Houses"],
  share: ["占比", "Share"],
  filters: ["筛选", "Filter"],
  search: ["查找", "Search"],
  search_hint: ["房屋编号、村、门牌、宗地、户号", "House, village, parcel, household"],
  search_villages: ["乡镇或村名", "Township or village"],
  verdict: ["判定结论", "Verdict"],
  finding: ["情形", "Finding"],
  any_finding: ["全部房屋", "All houses"],
  some_finding: ["有任一情形", "With any finding"],
  township: ["乡镇（街道）", "Township"],
  all_townships: ["全部乡镇（街道）", "All townships"],
  no_township: ["未分乡镇", "No township known"],
  no_village: ["未分村", "No village known"],
  reset: ["清除筛选", "Clear filters"],
  shown: ["显示 {shown} 幢，共 {all} 幢", "{shown} of {all} houses shown"],
  shown_villages: ["显示 {shown} 个村，共 {all} 个", "{shown} of {all} villages shown"],
  list: ["房屋清单", "Houses found"],
  village_list: ["村清单", "Villages"],
  more: ["再显示 {count} 幢", "Show {count} more"],
  none_found: ["没有符合条件的房屋。可清除筛选后再试。", "No house fits. Clear the filters and try again."],
  no_shape: ["无图形", "not drawn"],
  map: ["房屋分布图", "Map of the houses"],
  map_keys: [
    "方向键移动，加减号缩放，点击房屋看判定依据；也可从房屋清单中选择。",
    "Arrow keys move, plus and minus zoom, click a house to see why; the list of houses leads to the same.",
  ],
  map_empty: ["没有带图形的房屋，图上无法显示。可在清单中查找。", "No house has an outline, so the map is empty. Use the list."],
  legend: ["图例", "Legend"],
  legend_parcel: ["宗地界线（放大后显示）", "Parcel lines (when zoomed in)"],
  legend_zones: ["管控区", "Protected land"],
  legend_chart: ["圆：各村的判定结论占比，放大看每幢", "Circles: verdicts of each village; zoom in for houses"],
  zone: ["所涉管控区", "Zone"],
  verify: ["条文或施行日期尚待核对，用于办案前请核实。", "The article's text or day of force is still to be checked before it decides a case."],
  legend_dimmed: ["未选中的房屋", "Houses filtered out"],
  legend_outline: ["乡镇大致范围", "Rough extent of a township"],
  zoom_in: ["放大", "Zoom in"],
  zoom_out: ["缩小", "Zoom out"],
  fit: ["看全部", "Show all"],
  panel: ["判定依据", "Why this verdict"],
  close: ["关闭", "Close"],
  zoom_to: ["在图上定位", "Show on the map"],
  built: ["建成", "Built"],
  year_month: ["{year}年{month}月", "{year}-{month}"],
  year: ["{year}年", "{year}"],
  storeys: ["层数", "Storeys"],
  structure: ["结构", "Structure"],
  use: ["用途", "Use"],
  vacancy: ["利用状况", "Occupancy"],
  safety_grade: ["鉴定等级", "Safety grade"],
  base_area: ["占地面积", "Ground area"],
  floor_area: ["建筑面积", "Floor area"],
  parcel: ["宗地", "Parcel"],
  household: ["户号", "Household"],
  house: ["房屋", "House"],
  unknown: ["未知", "unknown"],
  why_lawful: ["没有发现影响合法性的情形，判定所需的资料齐全。", "No finding that touches lawfulness, and every needed fact is known."],
  why_can_be_regularised: ["有可以完善手续的情形，没有查实违法。", "There are findings that can be regularised; nothing unlawful is proven."],
  why_historic: ["有历史形成、按当时政策处理的情形，没有查实违法。", "There are findings of earlier times, to be settled by the policy of then; nothing unlawful is proven."],
  why_unlawful: ["至少一项情形按建成时的法律已查实违法。", "At least one finding is proven unlawful by the law of the time of building."],
  why_to_be_verified: ["缺少必要的资料，现在不能下结论；不等于合法，也不等于违法。", "A needed fact is missing, so nothing is concluded yet: neither lawful nor unlawful."],
  findings: ["发现的情形", "Findings"],
  findings_head: ["情形（起）", "Findings"],
  no_findings: ["没有发现情形。", "No finding."],
  measured: ["实测", "Measured"],
  limit: ["限值", "Limit"],
  over_by: ["超出", "Over by"],
  short_by: ["不足", "Short by"],
  clause: ["依据", "By"],
  limit_from: ["限值出处", "Limit set by"],
  limit_words: ["{place}，{parameter}，自 {from} 起", "{place}, {parameter}, from {from}"],
  exception: ["例外", "Exception"],
  subject: ["认定对象", "Found on"],
  remedy: ["建议处置", "Proposed"],
  proposed: ["建议（不是决定）", "Proposed (no decision)"],
  proposed_then: ["，此后{then}", ", then {then}"],
  waiting: ["还不能判断的", "Not decided yet"],
  needs: ["需要：", "Needed: "],
  sources: ["资料来源", "Where the facts come from"],
  row: ["第 {row} 行", "row {row}"],
  layer_row: ["第 {row} 个图斑", "feature {row}"],
  table_house: ["房屋调查", "House survey"],
  table_footprint: ["房屋轮廓", "Footprint"],
  table_parcel: ["宗地", "Parcel"],
  table_right: ["宅基地台账", "Homestead ledger"],
  table_approval: ["审批", "Approval"],
  by_township: ["各乡镇（街道）情况", "By township"],
  by_finding: ["各类情形", "By finding"],
  by_need: ["补齐哪些资料，能多判清多少房屋", "What is missing, and how many houses wait for it"],
  by_need_note: ["一幢房屋可能同时缺多项资料。", "A house may lack several."],
  need: ["缺少的资料", "What is needed"],
  total: ["合计", "Total"],
  subject_note: ["情形按认定对象（房屋、宗地、户）各计一次；“涉及房屋”含同一宗地、同一户的各幢。", "A finding counts once for its subject (house, parcel or household); “houses concerned” takes in every house of that parcel or household."],
  houses_concerned: ["涉及房屋（幢）", "Houses concerned"],
  reading: ["怎样看这份报告", "How to read this report"],
  reading_1: [
    "房屋是否合法，按建成时的法律判定；结论的次序是：已查实违法、待核实、历史遗留、可完善手续、合法。",
    "Lawfulness is judged by the law of the time of building. Verdicts take precedence in this order: proven unlawful, to be verified, historic, can be regularised, lawful.",
  ],
  reading_2: ["资料不全的一律写“待核实”，不按合法计，也不按零计。", "Where a fact is missing the house is “to be verified”; it is never counted as lawful or as zero."],
  reading_3: [
    "面积是图形的椭球面积，四舍五入到 0.01 平方米后与限值比较。",
    "Areas are geodesic, rounded to 0.01 m² and then compared with the limit.",
  ],
  reading_4: ["本页不含姓名和身份证号，不访问任何网络。", "This page holds no names and no ID numbers, and uses no network."],
  law_hash: ["规则集校验值 {hash}", "Hash of the rule set: {hash}"],
  map_by: ["地图组件 OpenLayers（BSD-2-Clause）", "Map: OpenLayers (BSD-2-Clause)"],
  open_page: ["打开{name}的房屋页面", "Open the houses of {name}"],
  overview_note: [
    "房屋较多，总览按村显示；点击村或乡镇可打开该乡镇的房屋页面。",
    "There are too many houses for one page: this overview shows villages. A township's page shows its houses.",
  ],
  worst: ["违法占比", "Share unlawful"],
  village: ["村", "Village"],
  village_head: ["各村", "Villages"],
  broken: [
    "这个浏览器太旧，无法打开本页。请用 2023 年以后的 Chrome、Edge、Firefox 或同内核浏览器。",
    "This browser is too old for the page. Use Chrome, Edge or Firefox of 2023 or later.",
  ],
  list_separator: ["、", ", "],
  colon: ["：", ": "],
} as const satisfies Record<string, readonly [string, string]>;

export type Key = keyof typeof WORDS;

let current: Lang = "zh";
export const speak = (lang: Lang): void => void (current = lang);
export const spoken = (): Lang => current;

export function t(key: Key, filled: Record<string, string | number> = {}): string {
  const text: string = WORDS[key][current === "zh" ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(filled[name] ?? ""));
}

export const whole = (value: number): string => value.toLocaleString("en-US");

/** A scaled whole number as it is read: 15820 at scale 100 is 158.20. */
export function figure(value: number, scale: number): string {
  const decimals = Math.round(Math.log10(scale || 1));
  return (value / (scale || 1)).toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

export function percent(part: number, of: number): string {
  if (of === 0) return "–";
  const share = (100 * part) / of;
  return part > 0 && share < 0.1 ? "<0.1%" : `${share.toFixed(1)}%`;
}
